"""A queue as a CSV or XLSX spreadsheet: one row per passage, one column per question.

Coders fill in the file of :func:`write` with any spreadsheet program; :func:`read` reads it back
and undoes the changes that such programs make to texts.
"""

from pipeline.annotation.channels.sheet.returned import read
from pipeline.annotation.channels.sheet.writing import ENDINGS, write

__all__ = ["ENDINGS", "read", "write"]
