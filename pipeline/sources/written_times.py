"""Parses dates and times in words and numbers.

dateutil and dateparser are not used: they fill in missing parts with today's date and choose
between day and month by the locale, and a wrong date is worse than none.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

DMY, MDY, EITHER = "dmy", "mdy", "either"

_MONTH_NAMES = (
    "january|января|январь|jan|янв february|февраля|февраль|feb|фев|февр march|марта|март|mar|мар "
    "april|апреля|апрель|apr|апр may|мая|май june|июня|июнь|jun|июн july|июля|июль|jul|июл "
    "august|августа|август|aug|авг september|сентября|сентябрь|sep|sept|сен|сент "
    "october|октября|октябрь|oct|окт november|ноября|ноябрь|nov|ноя|нояб "
    "december|декабря|декабрь|dec|дек"
)
_MONTHS = {
    name: number
    for number, names in enumerate(_MONTH_NAMES.split(" "), start=1)
    for name in names.split("|")
}
# Offset from UTC in hours. Ambiguous names (CST, IST, BST) are left out.
_ZONES = {
    name: hours
    for hours, names in {
        -8: ("pst",), -7: ("pdt",), -6: ("mdt",), -5: ("est", "cdt"), -4: ("edt",),
        0: ("utc", "gmt", "z", "wet"), 1: ("cet", "west"), 2: ("eet", "cest"),
        3: ("msk", "мск", "eest"), 8: ("hkt", "sgt"), 9: ("jst", "kst"), 10: ("aest",),
        11: ("aedt",), 12: ("nzst",), 13: ("nzdt",),
    }.items()
    for name in names
}  # fmt: skip
_FILLERS = frozenset({"at", "on", "of", "в", "г", "года", "год", "·", "-", "–", "—", "|"})
_CLOCK = re.compile(
    r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:\s*([ap])\.?\s?m\b\.?)?(?![\d:])",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"^\s*(?:(?:UTC|GMT)\s*)?([+-])(\d{1,2})(?::?(\d{2}))?(?=\s|$)|"
    r"^\s*([A-Za-zА-я]{1,5})\.?(?=\s|$)|^\s*([A-Z][A-Za-z]+/[A-Za-z_/+-]+)(?=\s|$)"
)
_YEAR_FIRST = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|-го|-е)?")
_APART = re.compile(r"[\s,]+")


class _Date(NamedTuple):
    year: int
    month: int
    day: int


def written_time(text: str, order: str | None) -> datetime | None:
    """``3 March 2022``, ``Thu, 05 Dec 2024 14:30:04 GMT``, ``Oct 1, 2026, 2:05 PM``,
    ``05.12.2024 14:30 UTC+03:00``, ``2026-10-01 14:05:33 EDT``; None if invalid.

    Without a zone the result is naive. ``order`` decides between day and month.
    """
    text = re.sub(r"\([^()]*\)", " ", text.replace("\u202f", " ").replace("\u00a0", " "))
    text = re.sub(r"(?<=\d)T(?=\d)", " ", text)
    clock = _CLOCK.search(text)
    hour, zone, rest = (0, 0, 0), None, text
    if clock is not None:
        taken = _hour(clock)
        behind = text[clock.end() :]
        found = _ZONE.search(behind)
        zone = _zone(found) if found is not None else None
        if found is not None and zone is not None:
            behind = behind[found.end() :]
        if taken is None:
            return None
        hour, rest = taken, f"{text[: clock.start()]} {behind}"
    day = _date(rest, order)
    if day is None:
        return None
    try:
        return datetime(*day, *hour, tzinfo=zone)
    except ValueError:
        return None


def order_of(text: str) -> str | None:
    """The order of a numeric date: ``dmy`` or ``mdy`` if one of the numbers cannot be a month,
    ``either`` if it is ambiguous, None for other dates."""
    for token in _APART.split(text[:200].replace("T", " ")):
        found = _YEAR_LAST.fullmatch(token)
        if found is None:
            continue
        first, second = int(found[1]), int(found[3])
        if found[2] == "-" and len(found[4]) == 2:
            return EITHER  # 26-10-01: any number may be the year
        if first > 12:
            return DMY
        if second > 12:
            return MDY
        return None if first == second or found[2] == "." else EITHER
    return None


def _hour(found: re.Match[str]) -> tuple[int, int, int] | None:
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4] is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4] in "pP" else 0)
    return hour, minute, min(second, 59) if second == 60 else second


def _zone(found: re.Match[str]) -> tzinfo | None:
    if found[1] is not None:
        shift = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        shift = shift if found[1] == "+" else -shift
        return timezone(shift) if abs(shift) < timedelta(hours=24) else None
    if found[4] is not None:
        hours = _ZONES.get(found[4].casefold())
        return None if hours is None else timezone(timedelta(hours=hours))
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(found[5])
    except (ValueError, OSError, KeyError):
        return None


def _date(text: str, order: str | None) -> _Date | None:
    # Remove a leading weekday: in any language with a comma, in English also without.
    text = re.sub(r"^\s*[^\W\d]{2,12}\.?,\s+(?=\S)", _unless_month, text)
    text = re.sub(r"^\s*(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?\s+", "", text, flags=re.I)
    tokens = [token.strip(".") for token in _APART.split(text)]
    tokens = [token for token in tokens if token and token.casefold() not in _FILLERS]
    if len(tokens) == 1:
        return _in_numbers(tokens[0], order)
    return _in_words(tokens) if len(tokens) == 3 else None


def _unless_month(found: re.Match[str]) -> str:
    word = found[0].strip(" .,\t").casefold()
    return found[0] if word in _MONTHS else ""


def _in_words(tokens: list[str]) -> _Date | None:
    months = [number for token in tokens if (number := _MONTHS.get(token.casefold()))]
    years = [token for token in tokens if token.isdecimal() and len(token) == 4]
    days = [found[1] for token in tokens if (found := _ORDINAL.fullmatch(token.casefold()))]
    if (len(months), len(years), len(days)) != (1, 1, 1):
        return None
    return _Date(int(years[0]), months[0], int(days[0]))


def _in_numbers(token: str, order: str | None) -> _Date | None:
    if found := _YEAR_FIRST.fullmatch(token):
        return _Date(int(found[1]), int(found[3]), int(found[4]))
    found = _YEAR_LAST.fullmatch(token)
    if found is None:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if len(found[4]) == 2:
        year += 2000 if year < 70 else 1900
    own = order_of(token)
    if order is None:
        if own == EITHER:
            return None
        order = own or DMY
    return _Date(year, second, first) if order == DMY else _Date(year, first, second)
