"""A returned CSV or XLSX file → its cells as text, with their positions."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import InputError

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DELIMITERS = (",", ";", "\t", "|")
_MOST_UNPACKED = 512 << 20
_MOST_COLUMNS = 1000
_MOST_ROWS = 1_048_576  # limit of XLSX
_FIELD_CHARACTERS = 1 << 20

IsHeading = Callable[[Sequence[str]], bool]
Rows = Sequence[tuple[int, list[str]]]


@dataclass
class Grid:
    """Rows of a sheet below its headings, numbered as in spreadsheet programs.

    ``name`` is None for a CSV. Empty rows are omitted.
    """

    path: Path
    name: str | None
    headings: list[str]
    heading_row: int = 1
    rows: list[tuple[int, list[str]]] = field(default_factory=list)

    def place(self, row: int, heading: str | None = None) -> str:
        """``anna.xlsx: sheet 'coding', cell D17``; only the row if ``heading`` is None."""
        sheet = "" if self.name is None else f"sheet {self.name!r}, "
        if heading is None:
            return f"{self.path}: {sheet}row {row}"
        return f"{self.path}: {sheet}cell {letters(self.headings.index(heading))}{row}"


@dataclass(frozen=True)
class Candidate:
    """One way to read a file; ``encoding`` is None unless it is a guess."""

    encoding: str | None
    grids: list[Grid]


def letters(column: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def is_workbook(path: Path) -> bool:
    """Whether the file is a workbook of any kind, not a CSV."""
    with path.open("rb") as file:
        return file.read(4) in (_ZIP, _OLE)


def candidates(path: Path, is_heading: IsHeading) -> tuple[list[Candidate], datetime]:
    """The ways to read the file, the most likely first, and the time of its last save.

    There is one, unless a CSV is neither UTF-8 nor UTF-16. Raises :class:`InputError` for files
    that are not sheets or have no row of headings.
    """
    try:
        if is_workbook(path):
            grids, saved = _workbook(path, is_heading)
            return [Candidate(None, grids)], saved
        content = path.read_bytes()
        saved = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    found = [
        Candidate(guessed, [grid])
        for guessed, text in _decoded(content)
        if (grid := _csv(path, text, is_heading)) is not None
    ]
    if not found:
        raise InputError(
            f"{path}: no row of headings with done, passage and sheet; is this a sheet from "
            "`rhetoric annotate export --as sheet`?"
        )
    return found, saved


def _decoded(content: bytes) -> list[tuple[str | None, str]]:
    """The decoded texts, each with its encoding if that is a guess."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return [(None, content.decode("utf-16", "replace"))]
    for name, high in (("utf-16-le", content[1:200:2]), ("utf-16-be", content[:200:2])):
        if 2 * high.count(0) > len(high):
            return [(None, content.decode(name, "replace"))]
    try:
        return [(None, content.decode("utf-8-sig"))]
    except UnicodeDecodeError:
        return [
            (name, content.decode(name, "replace"))
            for name in ("cp1252", "cp1251", "mac_cyrillic", "mac_roman")
        ]


def _csv(path: Path, text: str, is_heading: IsHeading) -> Grid | None:
    text = text.replace("\x00", "")
    first, _, rest = text.partition("\n")
    named = first.strip().strip('"').casefold()
    if named.startswith("sep="):  # a directive for Excel
        text = rest
    head = text.partition("\n")[0]
    for delimiter in sorted(_DELIMITERS, key=lambda d: -head.count(d)):
        grid = _grid(path, None, _rows(text, delimiter), is_heading)
        if grid is not None:
            return grid
    return None


def _rows(text: str, delimiter: str) -> Rows:
    """Rows with their numbers; blank lines count, as in spreadsheets."""
    before = csv.field_size_limit(_FIELD_CHARACTERS)
    try:
        return list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1))
    except csv.Error:
        return []
    finally:
        csv.field_size_limit(before)


def _grid(path: Path, name: str | None, rows: Rows, is_heading: IsHeading) -> Grid | None:
    """The grid below the first row of headings, or None."""
    at = next((i for i, (_, cells) in enumerate(rows) if is_heading(cells)), None)
    if at is None:
        return None
    heading_row, headings = rows[at]
    grid = Grid(path, name, [cell.strip().casefold() for cell in headings], heading_row)
    width = len(grid.headings)
    for number, cells in rows[at + 1 :]:
        if any(cell.strip() for cell in cells):
            grid.rows.append((number, [*cells, *[""] * (width - len(cells))][:width]))
    return grid


def _workbook(path: Path, is_heading: IsHeading) -> tuple[list[Grid], datetime]:
    _refuse_other_kinds(path)
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    damaged = (
        InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, ParseError,
        DefusedXmlException, EOFError, AttributeError, IndexError,
    )  # fmt: skip
    try:
        book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
        tables = [(sheet.title, _cells(sheet)) for sheet in book.worksheets]
        saved = book.properties.modified
        book.close()
    except damaged as error:
        raise InputError(
            f"{path}: cannot be read as a workbook ({error}); open it and save it again as .xlsx"
        ) from error
    grids = [_grid(path, name, rows, is_heading) for name, rows in tables]
    found = [grid for grid in grids if grid is not None]
    if not found:
        names = ", ".join(repr(name) for name, _ in tables)
        raise InputError(
            f"{path}: none of its sheets ({names}) has the headings done, passage and sheet; "
            "is this a sheet from `rhetoric annotate export --as sheet`?"
        )
    return found, saved.replace(tzinfo=UTC) if saved.tzinfo is None else saved


def _refuse_other_kinds(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(4) == _OLE:
            raise InputError(
                f"{path}: an old .xls, or a workbook with a password; save it as .xlsx without one"
            )
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
    except zipfile.BadZipFile as error:
        raise InputError(f"{path}: the workbook is truncated or damaged: {error}") from error
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        kind = "an OpenDocument sheet" if "content.xml" in names else "not an Excel workbook"
        raise InputError(f"{path}: {kind}; save it as .xlsx or CSV")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _MOST_UNPACKED:
        raise InputError(
            f"{path}: unpacks to {unpacked >> 20} MB, more than the limit of "
            f"{_MOST_UNPACKED >> 20} MB"
        )


def _cells(sheet: Any) -> Rows:
    """The non-empty rows with their numbers; the dimensions declared in the file are ignored."""
    sheet.reset_dimensions()
    rows: list[tuple[int, list[str]]] = []
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > _MOST_ROWS:
            raise ValueError(f"sheet {sheet.title!r} has more than {_MOST_ROWS} rows")
        words = [_words(cell) for cell in row[:_MOST_COLUMNS]]
        while words and not words[-1]:
            words.pop()
        if words:
            rows.append((number, words))
    return rows


def _words(cell: Any) -> str:
    """A cell as text; ``=- unclear`` is a typed ``- unclear`` that became a formula."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    words = str(value)
    if cell.data_type == "f" and words.startswith(("=-", "=+")):
        return words[1:]
    return words
