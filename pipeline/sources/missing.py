"""Values that say 'nothing here', in every dress that tables give them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

_WORDS = frozenset(
    {"nan", "none", "null", "nat", "n/a", "<na>", "#n/a", "#na", "\\n", "undefined", "(null)"}
    | {"[]", "{}", "[null]", "['']", '[""]'}
)


def is_missing(value: object) -> bool:
    """Whether a cell holds nothing: null, NaN, an empty text or list, or a word that stands for
    one of them. ``NA`` does only in capitals, as R writes it."""
    if value is None:
        return True
    if isinstance(value, str):
        bare = value.strip()
        return not bare or bare == "NA" or bare.casefold() in _WORDS
    if isinstance(value, float | Decimal):
        return math.isnan(value)
    return isinstance(value, Mapping | list | tuple) and not value
