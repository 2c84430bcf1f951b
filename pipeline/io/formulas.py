"""Protection against formula injection: keeps cells as text in spreadsheet programs."""

from __future__ import annotations

import re

# First characters of a formula cell (OWASP, "CSV injection"), as a pattern for Python and Polars.
FORMULA = "^[=+\\-@\t\r\n＝＋－＠]"
_FORMULA = re.compile(FORMULA)


def is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """The text, prefixed with an apostrophe if a spreadsheet would treat it as a formula."""
    return f"'{text}" if is_formula(text) else text
