"""A queue as a spreadsheet, CSV or XLSX: one row a passage, one column a question, and back.

What :func:`write` makes is filled in with any spreadsheet program; :func:`read` takes what that
program saved, whatever it did to the text on the way.
"""

from pipeline.annotation.channels.sheet.returned import read
from pipeline.annotation.channels.sheet.writing import ENDINGS, write

__all__ = ["ENDINGS", "read", "write"]
