"""What a spreadsheet program would run when somebody opens a table, and how a cell is kept text."""

from __future__ import annotations

import re

# How such a cell begins (OWASP, "CSV injection"); in words that Python and Polars both read.
FORMULA = "^[=+\\-@\t\r\n＝＋－＠]"
_FORMULA = re.compile(FORMULA)


def is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """With an apostrophe in front where a spreadsheet would take the text for a formula."""
    return f"'{text}" if is_formula(text) else text
