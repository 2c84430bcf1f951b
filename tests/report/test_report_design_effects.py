from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.evaluation.intervals import wilson
from pipeline.report.design_effects import DesignEffects, design_effects, intraclass_correlations
from pipeline.report.posts import Strata

MARCH = date(2024, 3, 1)


def posts(rows: Sequence[tuple[str, int, int]]) -> pl.DataFrame:
    """Channel, paragraphs, and how many of them have the frame."""
    return pl.DataFrame(
        {
            "channel": [channel for channel, _, _ in rows],
            "period": [MARCH] * len(rows),
            "paragraphs": [n for _, n, _ in rows],
            "f": [count for _, _, count in rows],
        }
    )


def test_paragraphs_of_posts_that_are_all_or_nothing_are_wholly_alike() -> None:
    rows = [("a", 4, 4 * (i % 2)) for i in range(40)]
    assert intraclass_correlations(Strata.of(posts(rows), [], ["f"])) == [
        pytest.approx(1.0, abs=0.03)
    ]


def test_paragraphs_drawn_by_chance_are_not_alike() -> None:
    rng = np.random.default_rng(1)
    rows = [("a", 5, int(rng.binomial(5, 0.3))) for _ in range(2000)]
    assert intraclass_correlations(Strata.of(posts(rows), [], ["f"])) == [
        pytest.approx(0.0, abs=0.02)
    ]


def test_likeness_is_found_again_in_posts_of_all_sizes() -> None:
    # Beta-binomial posts with an intraclass correlation of 1 / (1 + 2 + 6) = 1/9.
    rng = np.random.default_rng(2)
    sizes = rng.integers(1, 30, 3000)
    rows = [("a", int(k), int(rng.binomial(k, rng.beta(2, 6)))) for k in sizes]
    assert intraclass_correlations(Strata.of(posts(rows), [], ["f"])) == [
        pytest.approx(1 / 9, abs=0.02)
    ]


def test_that_channels_differ_is_no_likeness() -> None:
    rng = np.random.default_rng(3)
    rows = [
        (c, 6, int(rng.binomial(6, p))) for c, p in (("a", 0.1), ("b", 0.9)) for _ in range(300)
    ]
    assert design_effects(posts(rows), ["f"]).icc["f"] == pytest.approx(0.0, abs=0.03)
    pooled = intraclass_correlations(Strata.of(posts(rows), [], ["f"]))
    assert pooled[0] > 0.5  # what was done before


def test_where_nothing_varies_nothing_is_alike() -> None:
    assert design_effects(posts([("a", 3, 0), ("a", 2, 0)]), ["f"]).icc == {"f": 0.0}
    assert design_effects(posts([("a", 3, 1)]), ["f"]).icc == {"f": 0.0}
    assert design_effects(posts([]), ["f"]).icc == {"f": 0.0}


def test_the_effect_of_a_selection_follows_its_own_posts() -> None:
    effects = DesignEffects({"f": 0.5}, inflation=1.0)
    # Ten posts of one paragraph are ten observations; one post of ten is 10 / (1 + 0.5 * 9).
    assert effects.effect("f", 10, 10) == pytest.approx(1.0)
    assert effects.effect("f", 10, 100) == pytest.approx(5.5)
    assert effects.interval("f", 4, 10, 100) == pytest.approx(wilson(4, 10, 5.5))
