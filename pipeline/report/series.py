"""The data of each figure, summed from the cube; used by the page, the pictures and the CSVs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.codebook import STANCES, Codebook
from pipeline.evaluation.intervals import wilson
from pipeline.report.aggregates import (
    Aggregates,
    frame_column,
    pair_column,
    pairs,
    posts_column,
    stance_column,
)
from pipeline.report.charts import FEW, Point, axis_maximum, round_maximum
from pipeline.report.formatting import short
from pipeline.report.periods import all_periods, period_name, tick_name
from pipeline.report.wording import Words

NAME_LENGTH = 60


@dataclass(frozen=True)
class Share:
    """A frame's overall share: ``count`` of ``n`` paragraphs and ``post_count`` of ``posts`` posts,
    with intervals. ``expected`` is the mean probability, ``effect`` the design effect."""

    code: str
    name: str
    definition: str
    n: int
    count: int
    share: float
    low: float
    high: float
    posts: int
    post_count: int
    post_share: float
    post_low: float
    post_high: float
    expected: float
    effect: float


@dataclass(frozen=True)
class TimeSeries:
    """``points`` has one list per frame; ``volume`` is one of them, used for its ``n``."""

    names: list[str]
    periods: list[str]
    points: list[list[Point]]
    volume: list[Point]
    maximum: float


@dataclass(frozen=True)
class Matrix:
    """Shares (None: not applicable); ``sizes`` are the paragraphs per row."""

    rows: list[str]
    columns: list[str]
    sizes: list[int]
    counts: list[list[int | None]]
    values: list[list[float | None]]
    maximum: float


@dataclass(frozen=True)
class StanceRow:
    """Paragraphs per stance: ``counts`` are against, neutral, favour."""

    code: str
    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


def frame_names(codebook: Codebook, words: Words) -> list[str]:
    return [words.name(frame) for frame in codebook.frames]


def frame_shares(aggregates: Aggregates, codebook: Codebook, words: Words) -> list[Share]:
    return [
        frame_share(aggregates, aggregates.cube, frame.code, words.name(frame), frame.definition)
        for frame in codebook.frames
    ]


def frame_share(
    aggregates: Aggregates, cube: pl.DataFrame, code: str, name: str, definition: str
) -> Share:
    """The share of one frame over rows of the cube; all 0 if they have no paragraphs."""
    columns = ("n", "posts", "squares", frame_column(code), posts_column(code))
    n, posts, squares, count, post_count = (int(cube[column].sum()) for column in columns)
    effects = aggregates.effects
    low, high = effects.interval(code, count, n, squares) if n else (0.0, 0.0)
    post_low, post_high = wilson(post_count, posts) if posts else (0.0, 0.0)
    return Share(
        code, name, definition, n, count, count / max(1, n), low, high,
        posts, post_count, post_count / max(1, posts), post_low, post_high,
        aggregates.mean_probability[code], effects.effect(code, n, squares) if n else 1.0,
    )  # fmt: skip


def shares_maximum(rows: list[Share]) -> float:
    """Axis end that covers the intervals of paragraphs and the shares of posts."""
    return round_maximum([max(row.high, row.post_share) for row in rows])


def periods_of(aggregates: Aggregates) -> list[date]:
    """The periods in order, including empty ones; if posts are dated by year, only those years."""
    totals = aggregates.totals
    if totals.year_only:
        found: list[date] = aggregates.cube["period"].drop_nulls().unique().sort().to_list()
        return found
    return all_periods(totals.first, totals.last, aggregates.unit)


def time_series(aggregates: Aggregates, codebook: Codebook, words: Words) -> TimeSeries:
    """All periods in order, including empty ones; undated paragraphs are excluded."""
    unit, starts = aggregates.unit, periods_of(aggregates)
    columns = [frame_column(code) for code in codebook.frame_codes]
    sums = aggregates.cube.group_by("period").agg(pl.col("n", "squares", *columns).sum())
    known = {row["period"]: row for row in sums.iter_rows(named=True)}
    names = [period_name(start, unit, words) for start in starts]
    ticks = [tick_name(start, unit, words) for start in starts]
    points = [
        [
            _point(name, tick, known.get(start), code, aggregates)
            for start, name, tick in zip(starts, names, ticks, strict=True)
        ]
        for code in codebook.frame_codes
    ]
    maxima = [axis_maximum(series) for series in points]
    volume = points[0] if points else []
    series = frame_names(codebook, words)
    return TimeSeries(series, names, points, volume, max(maxima, default=1.0))


def _point(
    name: str, tick: str, row: dict[str, int] | None, code: str, aggregates: Aggregates
) -> Point:
    if row is None or not row["n"]:
        return Point(name, tick, 0, 0, None, 0.0, 0.0)
    n, count = row["n"], row[frame_column(code)]
    low, high = aggregates.effects.interval(code, count, n, row["squares"])
    return Point(name, tick, n, count, count / n, low, high)


def channel_matrix(aggregates: Aggregates, codebook: Codebook, words: Words) -> Matrix:
    """Share of each frame per channel, the largest channel first."""
    columns = [frame_column(code) for code in codebook.frame_codes]
    sums = aggregates.cube.group_by("channel").agg(pl.col("n", *columns).sum())
    known = {row["channel"]: row for row in sums.iter_rows(named=True)}
    rows = [known[channel] for channel in aggregates.channels]
    counts: list[list[int | None]] = [[row[column] for column in columns] for row in rows]
    sizes = [row["n"] for row in rows]
    return _matrix([short(c, NAME_LENGTH) for c in aggregates.channels], sizes, counts,
                   frame_names(codebook, words))  # fmt: skip


def together_matrix(aggregates: Aggregates, codebook: Codebook, words: Words) -> Matrix:
    """Share of the row's paragraphs that also have the column's frame; the diagonal is None.

    The first row is the baseline: all paragraphs.
    """
    sums = {name: int(aggregates.cube[name].sum()) for name in aggregates.cube.columns
            if name.startswith(("frame:", "pair:"))}  # fmt: skip
    both = {frozenset(pair): sums[pair_column(*pair)] for pair in pairs(codebook)}
    codes = codebook.frame_codes
    counts: list[list[int | None]] = [
        [both[frozenset((a, b))] if a != b else None for b in codes] for a in codes
    ]
    own = [sums[frame_column(code)] for code in codes]
    sizes = [int(aggregates.cube["n"].sum()), *own]
    counts = [list(own), *counts]
    names = frame_names(codebook, words)
    return _matrix([words("All paragraphs"), *names], sizes, counts, names)


def _matrix(
    rows: list[str], sizes: list[int], counts: list[list[int | None]], columns: list[str]
) -> Matrix:
    values = [
        [None if count is None or not n else count / n for count in line]
        for n, line in zip(sizes, counts, strict=True)
    ]
    firm = [
        v for n, line in zip(sizes, values, strict=True) for v in line if v is not None and n >= FEW
    ]
    every = [v for line in values for v in line if v is not None]
    maximum = round_maximum(firm or every)
    return Matrix(rows, columns, sizes, counts, values, maximum)


def stance_rows(aggregates: Aggregates, codebook: Codebook, words: Words) -> list[StanceRow]:
    return [
        StanceRow(
            target.code,
            words.name(target),
            tuple(int(aggregates.cube[stance_column(target.code, s)].sum()) for s in STANCES),
        )
        for target in codebook.targets
    ]
