from __future__ import annotations

import math

import polars as pl
import pytest

from pipeline.report.design_effects import design_effects


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
