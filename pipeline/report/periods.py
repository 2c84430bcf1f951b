"""Periods of the time axis: their length, their sequence and their names."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from pipeline.report.wording import Words

# Unit (polars' name), its length in days, and the longest time span in days that it is used for:
# an axis has room for about 75 periods.
_STEPS = (
    ("1d", 1, 45), ("1w", 7, 300), ("1mo", 30.4, 365 * 6), ("1q", 91.3, 365 * 18),
    ("1y", 365.25, 36_500), ("10y", 3652.5, 10**7),
)  # fmt: skip
# Below this mean number of paragraphs per period a longer unit is used (up to a year), unless there
# are at most _FEW_STEPS periods.
_WORTHWHILE = 60
_FEW_STEPS = 6


def choose_unit(
    first: datetime | None, last: datetime | None, *, paragraphs: int, year_only: bool
) -> str:
    """The finest unit that gives a readable axis with enough paragraphs per period.

    With ``year_only`` the posts are dated only by year, so the unit is at least a year.
    """
    if first is None or last is None:
        return "1y"
    days = (last - first).days
    for unit, length, longest in _STEPS:
        too_short = year_only and length < 365
        sparse = length < 365 and days / length > max(_FEW_STEPS, paragraphs / _WORTHWHILE)
        if days <= longest and not too_short and not sparse:
            return unit
    return _STEPS[-1][0]


def all_periods(first: datetime | None, last: datetime | None, unit: str) -> list[date]:
    """Every period from the first to the last, including empty ones."""
    if first is None or last is None:
        return []
    ends = pl.Series([first, last], dtype=pl.Datetime("us", "UTC")).dt.truncate(unit).dt.date()
    return pl.date_range(ends[0], ends[1], unit, eager=True).to_list()


def period_name(start: date, unit: str, words: Words) -> str:
    """``14 March 2024``, ``week of 11 March 2024``, ``March 2024``, ``Q1 2024``, ``2024``."""
    quarter = words("Q{quarter} {year}", quarter=(start.month + 2) // 3, year=start.year)
    names = {
        "1d": words.day(start),
        "1w": words("week of {day}", day=words.day(start)),
        "1mo": words.month(start),
        "1q": quarter,
        "1y": f"{start.year}",
        "10y": words("{year}s", year=start.year),
    }
    return names[unit]


def tick_name(start: date, unit: str, words: Words) -> str:
    """The short form of :func:`period_name` for an axis."""
    if unit in ("1d", "1w"):
        return words.short_day(start)
    return words.short_month(start) if unit == "1mo" else period_name(start, unit, words)
