"""Parses ids and message numbers of tables, some damaged by spreadsheets."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from pipeline.sources.missing import is_missing

# Larger integers are not exact as floats.
_EXACT = 2**53
_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?\d+\.0*")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
# Spreadsheets keep fifteen digits and replace the others by zeros.
_ROUNDED = re.compile(r"[1-9]\d{14}0{3,}")
_LAST = re.compile(r"(?<!\d)(\d+)\D*$")


def id_of(value: object) -> str | None:
    """The id of a cell; None if it is missing, or damaged by a spreadsheet.

    ``12345.0`` is 12345. ``1.23E+18`` is not an id, since many ids become this number.
    """
    if is_missing(value) or isinstance(value, bool):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else None
    if isinstance(value, int | Decimal):
        value = str(value)
    if not isinstance(value, str):
        return None
    bare = value.strip()
    if _FLOAT.fullmatch(bare):
        whole = bare.partition(".")[0]
        return whole if len(whole) < 17 and abs(int(whole)) < _EXACT else None
    if _SCIENTIFIC.fullmatch(bare):
        return _written_out(bare)
    return None if _ROUNDED.fullmatch(bare) else value


def message_number(value: object) -> str | None:
    """The number of a message, also from ``channel-123``; None if there is none."""
    given = id_of(value)
    if given is None or len(given) > 200:
        return None
    bare = given.strip()
    if _INTEGER.fullmatch(bare):
        return bare.lstrip("+") if not bare.startswith("-") else None
    last = _LAST.search(bare)
    return last[1] if last is not None else None


def is_number(given: str) -> bool:
    return given.isdecimal() and given.isascii() and len(given) < 20


def _written_out(bare: str) -> str | None:
    """The integer of ``1.2345e+04``; None if digits were lost."""
    try:
        number = Decimal(bare.replace(",", "."))
    except InvalidOperation:
        return None
    decimals = -int(number.as_tuple().exponent)
    # With fewer digits than places, the last ones were lost.
    if decimals < 0 or abs(number) >= _EXACT or number != number.to_integral_value():
        return None
    return str(int(number))
