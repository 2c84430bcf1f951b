from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation import bootstrap


def test_a_resample_draws_as_many_families_as_there_are() -> None:
    weights = bootstrap.resampled_families(7, 50, np.random.default_rng(0))
    assert weights.shape == (50, 7)
    assert (weights.sum(axis=1) == 7).all()


def test_resampled_totals_are_the_totals_of_the_drawn_rows() -> None:
    rows = np.array([[1.0, 0.0], [2.0, 1.0], [4.0, 0.0], [8.0, 1.0]])
    numbers, families = bootstrap.family_numbers(["b", "a", "b", "c"])
    assert (numbers.tolist(), families) == ([1, 0, 1, 2], 3)
    totals = bootstrap.family_totals(rows, numbers, families)
    assert totals.tolist() == [[2.0, 1.0], [5.0, 0.0], [8.0, 1.0]]
    # Family a twice, b once, c never: 2 · (2, 1) + (5, 0).
    drawn = bootstrap.resampled_totals(np.array([[2.0, 1.0, 0.0]]), totals)
    assert drawn.tolist() == [[9.0, 2.0]]


def test_an_interval_spans_the_central_resamples() -> None:
    # 0, 1, …, 100: two and a half per cent are cut at each end.
    interval = bootstrap.percentile_interval(np.arange(101.0), 0.95)
    assert interval == pytest.approx((2.5, 97.5))


def test_undefined_resamples_are_left_out_and_if_most_are_there_is_no_interval() -> None:
    some = np.array([np.nan, 1.0, 2.0, 3.0])
    assert bootstrap.percentile_interval(some, 0.9) == pytest.approx((1.1, 2.9))
    assert bootstrap.percentile_interval(np.array([np.nan, np.nan, 1.0]), 0.9) is None
    assert bootstrap.percentile_interval(np.zeros(0), 0.9) is None


def test_intervals_of_a_mean_have_about_their_nominal_coverage() -> None:
    # The mean of 40 families of three equal rows each; 90% intervals, 200 repetitions.
    rng = np.random.default_rng(1)
    numbers, families = bootstrap.family_numbers([f"{i // 3:03d}" for i in range(120)])
    covered = 0
    for _ in range(200):
        rows = np.repeat(rng.normal(size=40), 3)
        weights = bootstrap.resampled_families(families, 200, rng)
        sums = bootstrap.resampled_totals(weights, bootstrap.family_totals(rows, numbers, families))
        interval = bootstrap.percentile_interval(sums / 120, 0.9)
        assert interval is not None
        covered += interval.low <= 0 <= interval.high
    # Binomial(200, 0.9) lies within 166 … 194 but for one time in a thousand; the percentile
    # interval is known to be a little short. Rows drawn one by one would cover 65% only.
    assert 160 <= covered <= 194
