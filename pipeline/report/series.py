"""What each figure shows, summed from the cube: the same rows serve the page, the pictures, the
CSV files."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.codebook import STANCES, Codebook
from pipeline.evaluation.intervals import wilson
from pipeline.report.aggregates import Aggregates, frame_column, pair_column, pairs, stance_column
from pipeline.report.charts import FEW, Point, axis_maximum, round_maximum
from pipeline.report.formatting import short
from pipeline.report.periods import all_periods, period_name, tick_name

NAME_LENGTH = 60


@dataclass(frozen=True)
class Share:
    """A frame over everything; ``expected`` is the mean probability."""

    code: str
    name: str
    definition: str
    n: int
    count: int
    share: float
    low: float
    high: float
    expected: float


@dataclass(frozen=True)
class TimeSeries:
    """``points``: a list a frame; ``volume`` has the same periods and no shares."""

    names: list[str]
    periods: list[str]
    points: list[list[Point]]
    volume: list[Point]
    maximum: float


@dataclass(frozen=True)
class Matrix:
    """Shares (None: not asked), with the number of paragraphs behind each row."""

    rows: list[str]
    columns: list[str]
    sizes: list[int]
    counts: list[list[int | None]]
    values: list[list[float | None]]
    maximum: float


@dataclass(frozen=True)
class StanceRow:
    """``counts``: against, neutral, favour."""

    code: str
    name: str
    counts: tuple[int, ...]

    @property
    def spoken(self) -> int:
        return sum(self.counts)


def frame_names(codebook: Codebook) -> list[str]:
    return [frame.name["en"] for frame in codebook.frames]


def frame_shares(aggregates: Aggregates, codebook: Codebook) -> list[Share]:
    n = aggregates.totals.paragraphs
    rows = []
    for frame in codebook.frames:
        count = int(aggregates.cube[frame_column(frame.code)].sum())
        low, high = wilson(count, n, aggregates.design_effects[frame.code]) if n else (0.0, 0.0)
        rows.append(Share(
            frame.code, frame.name["en"], frame.definition, n, count, count / max(1, n), low, high,
            aggregates.mean_probability[frame.code],
        ))  # fmt: skip
    return rows


def shares_maximum(rows: list[Share]) -> float:
    return round_maximum([row.high for row in rows])


def time_series(aggregates: Aggregates, codebook: Codebook) -> TimeSeries:
    """Every period in order, the empty ones too; undated paragraphs are not in it."""
    totals, unit = aggregates.totals, aggregates.unit
    starts = all_periods(totals.first, totals.last, unit)
    columns = [frame_column(code) for code in codebook.frame_codes]
    sums = aggregates.cube.group_by("period").agg(pl.col("n", *columns).sum())
    known = {row["period"]: row for row in sums.iter_rows(named=True)}
    names = [period_name(start, unit) for start in starts]
    points: list[list[Point]] = []
    for code in codebook.frame_codes:
        points.append([
            _point(name, tick_name(start, unit), known.get(start), frame_column(code),
                   aggregates.design_effects[code])
            for start, name in zip(starts, names, strict=True)
        ])  # fmt: skip
    maxima = [axis_maximum(series) for series in points]
    volume = points[0] if points else []
    return TimeSeries(frame_names(codebook), names, points, volume, max(maxima, default=1.0))


def _point(
    name: str, tick: str, row: dict[str, int] | None, column: str, design_effect: float
) -> Point:
    if row is None:
        return Point(name, tick, 0, 0, None, 0.0, 0.0)
    n, count = row["n"], row[column]
    low, high = wilson(count, n, design_effect)
    return Point(name, tick, n, count, count / n, low, high)


def channel_matrix(aggregates: Aggregates, codebook: Codebook) -> Matrix:
    """Channels by size against frames."""
    columns = [frame_column(code) for code in codebook.frame_codes]
    sums = aggregates.cube.group_by("channel").agg(pl.col("n", *columns).sum())
    known = {row["channel"]: row for row in sums.iter_rows(named=True)}
    rows = [known[channel] for channel in aggregates.channels]
    counts: list[list[int | None]] = [[row[column] for column in columns] for row in rows]
    sizes = [row["n"] for row in rows]
    return _matrix([short(c, NAME_LENGTH) for c in aggregates.channels], sizes, counts, codebook)


def together_matrix(aggregates: Aggregates, codebook: Codebook) -> Matrix:
    """Of a row's paragraphs, the share that also carry the column's frame; the diagonal is None."""
    sums = {name: int(aggregates.cube[name].sum()) for name in aggregates.cube.columns
            if name.startswith(("frame:", "pair:"))}  # fmt: skip
    both = {frozenset(pair): sums[pair_column(*pair)] for pair in pairs(codebook)}
    codes = codebook.frame_codes
    counts = [[both[frozenset((a, b))] if a != b else None for b in codes] for a in codes]
    sizes = [sums[frame_column(code)] for code in codes]
    return _matrix(frame_names(codebook), sizes, counts, codebook)


def _matrix(
    rows: list[str], sizes: list[int], counts: list[list[int | None]], codebook: Codebook
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
    return Matrix(rows, frame_names(codebook), sizes, counts, values, maximum)


def stance_rows(aggregates: Aggregates, codebook: Codebook) -> list[StanceRow]:
    return [
        StanceRow(
            target.code,
            target.name["en"],
            tuple(int(aggregates.cube[stance_column(target.code, s)].sum()) for s in STANCES),
        )
        for target in codebook.targets
    ]
