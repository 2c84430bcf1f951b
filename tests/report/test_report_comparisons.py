from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.report.comparisons import Verdict, between_channels, over_time
from pipeline.report.design_effects import design_effects

COLUMNS = ["any", "f"]
START, MIDDLE = date(2024, 1, 1), date(2024, 1, 6)


def posts(channel: str, n: int, share: float, days: range, seed: int) -> pl.DataFrame:
    """Posts of three paragraphs each, drawn by chance, spread over the days."""
    rng = np.random.default_rng(seed)
    counts = rng.binomial(3, share, n)
    return pl.DataFrame({
        "channel": [channel] * n,
        "period": [START + timedelta(days=days[i % len(days)]) for i in range(n)],
        "paragraphs": [3] * n, "any": counts, "f": counts,
    })  # fmt: skip


def channels(*tables: pl.DataFrame) -> Verdict | None:
    table = pl.concat(tables)
    return between_channels(table, COLUMNS, design_effects(table, COLUMNS), 1)


def change(*tables: pl.DataFrame) -> Verdict | None:
    table = pl.concat(tables)
    return over_time(table, MIDDLE, COLUMNS, design_effects(table, COLUMNS), 1)


def test_channels_far_apart_are_told_apart_with_their_shares() -> None:
    tested = channels(
        posts("poor", 40, 0.15, range(10), 1),
        posts("rich", 40, 0.73, range(10), 2),
        posts("middle", 40, 0.4, range(10), 3),
    )
    assert tested is not None
    largest = tested.largest(["any"])
    assert largest is not None
    assert {largest.first, largest.second} == {"poor", "rich"}
    assert largest.size > 0.4


def test_channels_alike_are_not_told_apart_and_what_would_have_shown_is_known() -> None:
    few = channels(*(posts(f"c{i}", 10, 0.3, range(10), i) for i in range(6)))
    many = channels(*(posts(f"c{i}", 100, 0.3, range(10), i) for i in range(6)))
    assert few is not None
    assert many is not None
    assert few.significant == many.significant == []
    assert few.detectable["any"] > 2 * many.detectable["any"] > 0.0


def test_one_channel_or_channels_of_few_posts_are_not_compared() -> None:
    assert channels(posts("a", 40, 0.3, range(10), 1)) is None
    assert channels(posts("a", 40, 0.3, range(10), 1), posts("b", 2, 0.9, range(10), 2)) is None


def test_a_frame_that_grew_is_found() -> None:
    tested = change(
        posts("a", 60, 0.05, range(5), 1),
        posts("a", 60, 0.3, range(5, 10), 2),
    )
    assert tested is not None
    grown = tested.largest(["f"])
    assert grown is not None
    assert grown.second_share > 2 * grown.first_share


def test_a_rich_channel_that_begins_to_post_late_is_no_change() -> None:
    tested = change(
        posts("old", 100, 0.1, range(10), 1),
        posts("other", 100, 0.1, range(10), 2),
        posts("new", 100, 0.8, range(5, 10), 3),
    )
    assert tested is not None
    assert tested.significant == []


def test_a_group_of_one_post_says_nothing_of_change() -> None:
    assert change(posts("a", 1, 0.5, range(1), 1), posts("a", 60, 0.5, range(5, 10), 2)) is None


def test_the_same_seed_gives_the_same_finding() -> None:
    tables = [posts(f"c{i}", 30, 0.2 + i / 10, range(10), i) for i in range(4)]
    assert channels(*tables) == channels(*tables)
