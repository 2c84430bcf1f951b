"""Times in the formats of collectors → UTC.

A year without a day becomes its first day, with a flag. Invalid times, and those outside 1800 to
2100, become null; the post is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from pipeline.sources.written_times import written_time


class Moment(NamedTuple):
    at: datetime | None
    year_only: bool = False


UNKNOWN = Moment(None)
_EARLIEST, _LATEST = datetime(1800, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# Minimum of Unix times in seconds (1973); larger numbers are milliseconds, and so on.
_SECONDS = 100_000_000
_UNITS = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))
# Serial dates of spreadsheets, in days since 1900: 1954 to 2119.
_SERIALS = (20_000, 80_000)
_FIRST_SERIAL = datetime(1899, 12, 30)

_YEAR = re.compile(r"(?:1[89]\d\d|20\d\d)(?:\.0)?")
_DAY = re.compile(r"(?:19|20)\d{6}(?:\.0)?")  # 20260301
_STAMP = re.compile(r"((?:19|20)\d{6})([01]\d|2[0-3])([0-5]\d)([0-5]\d)")  # 20260301120000
_NUMBER = re.compile(r"-?\d{5,20}(?:\.\d+)?")
_COMMA = re.compile(r"(\d{5}),(\d+)")  # 46296,5868, where a comma is the decimal mark
_SCIENTIFIC = re.compile(r"\d(?:\.(\d+))?[eE]\+?(\d{1,2})")


@dataclass(frozen=True)
class Clock:
    """How the times of a column are parsed.

    Attributes:
        order: of numeric dates, ``dmy`` or ``mdy``; None: only unambiguous dates are parsed, and
            dates with dots are ``dmy``.
        zone: of times without a zone.
    """

    order: str | None = None
    zone: tzinfo = UTC

    def moment(self, value: object) -> Moment:
        """The time of ``value``, a datetime, date, number or text."""
        if value is None or isinstance(value, bool):
            return UNKNOWN
        if isinstance(value, datetime):
            return Moment(self._utc(value))
        if isinstance(value, date):
            return Moment(self._utc(datetime(value.year, value.month, value.day)))
        if isinstance(value, int | float | Decimal):
            return self._from_number(value)
        return self._from_text(value.strip()) if isinstance(value, str) else UNKNOWN

    def _from_number(self, number: float | Decimal) -> Moment:
        if not -_UNITS[-1][0] < number < _UNITS[-1][0]:  # false for NaN
            return UNKNOWN
        whole = str(int(number)) if number == int(number) else ""
        if _YEAR.fullmatch(whole) or _DAY.fullmatch(whole) or _STAMP.fullmatch(whole):
            return self._from_text(whole)
        if _SERIALS[0] <= number < _SERIALS[1]:
            seconds = round(float(number) * 86_400)
            return Moment(self._utc(_FIRST_SERIAL + timedelta(seconds=seconds)))
        if number < _SECONDS:
            return UNKNOWN
        unit = next(unit for below, unit in _UNITS if number < below)
        return Moment(unix(float(number) / unit))

    def _from_text(self, text: str) -> Moment:
        if len(text) > 200:
            return UNKNOWN
        if _YEAR.fullmatch(text):
            return Moment(datetime(int(text[:4]), 1, 1, tzinfo=UTC), year_only=True)
        if stamp := _STAMP.fullmatch(text):
            text = f"{stamp[1]}T{stamp[2]}{stamp[3]}{stamp[4]}"
        elif _DAY.fullmatch(text):
            text = text[:8]
        elif _NUMBER.fullmatch(text):
            return self._from_number(float(text))
        elif comma := _COMMA.fullmatch(text):
            return self._from_number(float(f"{comma[1]}.{comma[2]}"))
        elif cut := _SCIENTIFIC.fullmatch(text):
            return self._from_cut(float(text), int(cut[2]) - len(cut[1] or ""))
        try:
            return Moment(self._utc(datetime.fromisoformat(text)))
        except ValueError:
            written = written_time(text, self.order)
        return UNKNOWN if written is None else Moment(self._utc(written))

    def _from_cut(self, number: float, lost_places: int) -> Moment:
        """A number in scientific notation, if precise to the second; ``1.79E+12`` is not."""
        unit = next((unit for below, unit in _UNITS if number < below), 1)
        return self._from_number(number) if 10**lost_places <= unit else UNKNOWN

    def _utc(self, value: datetime) -> datetime | None:
        try:
            value = value.replace(tzinfo=self.zone) if value.tzinfo is None else value
            value = value.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return value if _EARLIEST <= value < _LATEST else None


_PLAIN = Clock()


def moment(value: object) -> Moment:
    """As :meth:`Clock.moment`, with UTC for times without a zone."""
    return _PLAIN.moment(value)


def unix(value: object) -> datetime | None:
    """The time of Unix seconds, a number or text; None for zero and below, which Telegram uses for
    'none'."""
    try:
        seconds = float(str(value))
        at = datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
    return at if at is not None and _EARLIEST <= at < _LATEST else None
