"""Detects the format of a CSV: delimiter, lines above the header, quoting."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from dataclasses import dataclass

from pipeline.sources.collectors import folded
from pipeline.sources.raw import Raw

_DELIMITERS = (",", ";", "\t", "|")
# Excel's first line, which names the delimiter.
_SEPARATOR = re.compile(r'\s*"?sep=([^\w"\r\n])[^\w\r\n]*(?:\r?\n|$)', re.IGNORECASE)
_NAME = re.compile(r"[^\W\d][\w .:/()#-]{0,40}")
_MOST_ABOVE = 30
_LONGEST_NAME = 300
# Names that identify a line as a header on their own.
_TELLING = frozenset(
    {"text", "message", "body", "content", "sentence", "paragraph", "headline", "текст", "labels"}
    | {"label", "posttext", "fulltext"}
)


@dataclass(frozen=True)
class Quoting:
    """Deviations from the usual quoting.

    Attributes:
        has_backslashes: quotation marks in cells are escaped as ``\\"``.
        is_none: cells are not quoted, and quotation marks are ordinary characters.
    """

    has_backslashes: bool = False
    is_none: bool = False


def named_delimiter(head: str) -> str | None:
    """The delimiter of a first line such as ``sep=;``, or None."""
    found = _SEPARATOR.match(head)
    return found[1] if found else None


def csv_delimiter(head: str, known: Collection[str] | None) -> str | None:
    """The delimiter of a CSV that begins with ``head``; None if it is not a CSV.

    With ``known`` (folded) names, the header must have one of them. Without, it must have a usual
    name of texts or labels, or consist of at least two cells that could be names. The first cell
    may be empty, as in pandas' index column.
    """
    separator = _SEPARATOR.match(head)
    below = head[separator.end() :] if separator else head
    line = below.lstrip("\r\n ").partition("\n")[0]
    return _delimiter_of(line, separator[1] if separator else None, known)


def lines_above_header(head: str, known: Collection[str]) -> tuple[int, str] | None:
    """Number of lines above the header, and the delimiter; None if there is no header.

    The header must have at least three cells, one of them ``known``.
    """
    for number, line in enumerate(head.split("\n")[:_MOST_ABOVE]):
        delimiter = _delimiter_of(line, None, known)
        if delimiter is not None and line.count(delimiter) >= 2:
            return number, delimiter
    return None


def quoting_of(raw: Raw, delimiter: str) -> Quoting:
    """Detect the quoting from all lines of the file with a quotation mark."""
    if '"' in delimiter:
        return Quoting()
    mark = re.escape(delimiter)
    # \" within a cell, except where it may end a cell whose last character is a backslash.
    backslash = re.compile(rf'(?<!\\)(?:\\\\)*\\"(?=[^{mark}"\r\n])')
    quoted = re.compile(rf'(?:^|{mark})"(?:[^"]|"")*("(?=[{mark}\r\n]|$))?')
    has_backslashes, is_odd = False, False
    width: int | None = None
    is_even = delimiter == "\t"  # whether every line has as many cells as the header
    for line in raw.lines(newline=""):
        if is_even and not line.isspace():
            width = line.count(delimiter) if width is None else width
            is_even = line.count(delimiter) == width
        if '"' not in line:
            continue
        has_backslashes = has_backslashes or ('\\"' in line and backslash.search(line) is not None)
        if is_even and not is_odd:
            is_odd = any(found[1] is None for found in quoted.finditer(line))
        if has_backslashes and not is_even:
            break
    is_none = is_even and is_odd and bool(width)
    return Quoting(has_backslashes and not is_none, is_none)


def _delimiter_of(line: str, named: str | None, known: Collection[str] | None) -> str | None:
    likely = sorted(_DELIMITERS, key=lambda delimiter: -line.count(delimiter))
    for delimiter in [named] if named else likely:
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        except csv.Error:
            continue
        cells = [cell.removeprefix("\ufeff") for cell in cells]
        if known is not None and any(folded(cell) in known for cell in cells if cell):
            return delimiter
        if known is None and len(cells) > 1 and _is_header(cells):
            return delimiter
    return None


def _is_header(cells: list[str]) -> bool:
    named = cells[1:] if not cells[0] else cells
    if all(_NAME.fullmatch(cell) for cell in named):
        return True
    is_told = any(folded(cell) in _TELLING for cell in named)
    return is_told and all(
        not cell or (len(cell) <= _LONGEST_NAME and not cell[0].isdecimal()) for cell in named
    )
