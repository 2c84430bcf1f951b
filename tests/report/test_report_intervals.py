from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.intervals import design_effects, wilson

Z95 = 1.959963984540054  # the 97.5% point of the normal distribution


def test_wilson_interval_solves_its_own_equation() -> None:
    # The ends are the p with (share - p)^2 = z^2 p (1 - p) / n.
    low, high = wilson(12, 40)
    for p in (low, high):
        assert (0.3 - p) ** 2 == pytest.approx(Z95**2 * p * (1 - p) / 40)
    assert low < 0.3 < high


def test_wilson_ends_of_none_and_all_have_the_closed_form() -> None:
    # With no success the upper end is z^2 / (n + z^2).
    assert wilson(0, 10) == pytest.approx((0.0, Z95**2 / (10 + Z95**2)))
    assert wilson(10, 10) == pytest.approx((10 / (10 + Z95**2), 1.0))


def test_a_design_effect_acts_like_fewer_observations() -> None:
    assert wilson(12, 40, 4.0) == pytest.approx(wilson(3, 10))


@given(st.integers(1, 10_000), st.data(), st.floats(1.0, 50.0))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(
    n: int, data: st.DataObject, effect: float
) -> None:
    count = data.draw(st.integers(0, n))
    low, high = wilson(count, n, effect)
    assert 0.0 <= low <= count / n + 1e-12
    assert count / n - 1e-12 <= high <= 1.0


def test_design_effect_of_posts_that_are_all_or_nothing() -> None:
    # Two posts of two paragraphs, one with the frame twice, one never. Share 1/2, residuals
    # 2 - 1 = 1 and 0 - 1 = -1; clustered variance 2/1 * 2 / 16 = 1/4; simple one 1/4 / 4 = 1/16.
    scores = pl.LazyFrame({"post_id": ["a", "a", "b", "b"], "f": [True, True, False, False]})
    assert design_effects(scores, ["f"]) == {"f": pytest.approx(4.0)}


def test_design_effect_is_one_where_it_is_undefined_or_below() -> None:
    one_post = pl.LazyFrame({"post_id": ["a", "a"], "f": [True, False], "g": [False, False]})
    assert design_effects(one_post, ["f", "g"]) == {"f": 1.0, "g": 1.0}
    # Each post has exactly one of two: less variance than chance.
    even = pl.LazyFrame({"post_id": ["a", "a", "b", "b"], "f": [True, False, True, False]})
    assert design_effects(even, ["f"]) == {"f": 1.0}
    assert all(math.isfinite(v) for v in design_effects(even, ["f"]).values())


def test_the_more_intervals_hold_at_once_the_wider_each_is() -> None:
    # Ten at once: each at 99.5%, whose point of the normal distribution is 2.807.
    z = 2.8070337683438042
    assert wilson(0, 10, beside=10) == pytest.approx((0.0, z**2 / (10 + z**2)))
