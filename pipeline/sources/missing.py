"""Recognises missing values in tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

_WORDS = frozenset(
    {"nan", "none", "null", "nat", "n/a", "<na>", "#n/a", "#na", "\\n", "undefined", "(null)"}
    | {"[]", "{}", "[null]", "['']", '[""]'}
)


def is_missing(value: object) -> bool:
    """Whether a cell is missing: null, NaN, an empty text or collection, or a word for one of them.
    ``NA`` counts only in capitals, as written by R."""
    if value is None:
        return True
    if isinstance(value, str):
        bare = value.strip()
        return not bare or bare == "NA" or bare.casefold() in _WORDS
    if isinstance(value, float | Decimal):
        return math.isnan(value)
    return isinstance(value, Mapping | list | tuple) and not value
