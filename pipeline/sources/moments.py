"""Times as collectors write them → UTC.

A time without a zone is taken as UTC: its file does not say better. A year alone becomes its first
day, with a flag. What is no time, or lies outside 1800 to 2100, becomes null: the post counts.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import NamedTuple


class Moment(NamedTuple):
    at: datetime | None
    year_only: bool = False


UNKNOWN = Moment(None)
_EARLIEST, _LATEST = datetime(1800, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# Above this a unix time is in milliseconds: as seconds it would lie beyond the year 5000.
_MILLISECONDS = 100_000_000_000
_BEYOND = 10**17  # no time in whatever unit

_YEAR = re.compile(r"1[89]\d\d|20\d\d")
_DAY = re.compile(r"(19|20)\d{6}")  # 20260301, which as seconds would lie in 1970
_NUMBER = re.compile(r"-?\d{5,17}(\.\d+)?")
_DOTTED = re.compile(
    r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,]+(\d{1,2}:\d{2}(?::\d{2})?)(?: ?UTC([+-]\d{2}:\d{2}))?)?"
)
_MONTH_NAMES = (
    "january|января jan|янв, february|февраля feb|фев, march|марта mar|мар, april|апреля apr|апр, "
    "may|мая may|май, june|июня jun|июн, july|июля jul|июл, august|августа aug|авг, "
    "september|сентября sep|сен, october|октября oct|окт, november|ноября nov|ноя, "
    "december|декабря dec|дек"
)
_MONTHS = {
    name: number
    for number, names in enumerate(_MONTH_NAMES.split(", "), start=1)
    for name in re.split(r"[| ]", names)
}
_DAY_MONTH_YEAR = re.compile(
    r"(\d{1,2})\s+([^\W\d]+)\.?,?\s+(\d{4})(?:\s*г\.?|\s+года)?(?:,?\s+(\d{1,2}:\d{2}(?::\d{2})?))?(.*)"
)
_MONTH_DAY_YEAR = re.compile(
    r"([^\W\d]+)\.?\s+(\d{1,2}),?\s+(\d{4})(?:,?\s+(\d{1,2}:\d{2}(?::\d{2})?))?()"
)


def moment(value: object) -> Moment:
    """The time that ``value`` (datetime, date, number or text) stands for."""
    if value is None or isinstance(value, bool):
        return UNKNOWN
    if isinstance(value, datetime):
        return Moment(_utc(value))
    if isinstance(value, date):
        return Moment(_utc(datetime(value.year, value.month, value.day)))
    if isinstance(value, int | float):
        return _from_number(float(value)) if abs(value) < _BEYOND else UNKNOWN
    return _from_text(str(value).strip()) if isinstance(value, str) else UNKNOWN


def unix(value: object) -> datetime | None:
    """Seconds since 1970 as a number or text; null for zero and below, which Telegram uses for
    'none'."""
    try:
        seconds = float(str(value))
        return _utc(datetime.fromtimestamp(seconds, UTC)) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _from_number(number: float) -> Moment:
    whole = str(int(number)) if number.is_integer() else ""
    if _YEAR.fullmatch(whole) or _DAY.fullmatch(whole):
        return _from_text(whole)
    return Moment(unix(number / 1000 if number > _MILLISECONDS else number))


def _from_text(text: str) -> Moment:
    if _YEAR.fullmatch(text):
        return Moment(datetime(int(text), 1, 1, tzinfo=UTC), year_only=True)
    if _NUMBER.fullmatch(text) and not _DAY.fullmatch(text):
        return _from_number(float(text))
    try:
        return Moment(_utc(datetime.fromisoformat(text)))
    except ValueError:
        return Moment(_written_out(text))


def _written_out(text: str) -> datetime | None:
    """``3 March 2022``, ``March 3, 2022``, ``3 марта 2022 г.``, ``Thu, 05 Dec 2024 14:30:04 GMT``,
    ``05.12.2024 14:30:04 UTC+03:00``."""
    if match := _DOTTED.fullmatch(text):
        day, month, year, clock, zone = match.groups()
        return _assembled(year, int(month), day, clock, zone)
    text = re.sub(r"^[^\W\d]{2,12},\s+", "", text)
    if match := _DAY_MONTH_YEAR.fullmatch(text):
        day, name, year, clock, rest = match.groups()
    elif match := _MONTH_DAY_YEAR.fullmatch(text):
        name, day, year, clock, rest = match.groups()
    else:
        return None
    month_number = _MONTHS.get(name.casefold())
    zone = re.sub(r"^\s*([+-]\d{2}):?(\d{2})$", r"\1:\2", rest)
    return _assembled(year, month_number, day, clock, zone if zone[:1] in {"+", "-"} else None)


def _assembled(
    year: str, month: int | None, day: str, clock: str | None, zone: str | None
) -> datetime | None:
    if month is None:
        return None
    clock = (clock or "00:00").zfill(5 if (clock or "").count(":") < 2 else 8)
    try:
        return _utc(
            datetime.fromisoformat(f"{year}-{month:02d}-{int(day):02d}T{clock}{zone or ''}")
        )
    except ValueError:
        return None


def _utc(value: datetime) -> datetime | None:
    try:
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return value if _EARLIEST <= value < _LATEST else None
