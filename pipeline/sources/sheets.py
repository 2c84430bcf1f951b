"""Rows of a sheet in an XLSX or ODS workbook, one after another.

openpyxl reads XLSX row by row. No library does that for ODS: odfpy and calamine build the whole
sheet, and a cell may say that it repeats a million times.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from pipeline.errors import InputError
from pipeline.sources.limits import said
from pipeline.sources.missing import is_missing
from pipeline.sources.ods import ods_sheets
from pipeline.sources.settings import Settings

_MOST_ABOVE = 30
Cells = Sequence[Any]
# What openpyxl and XML parsers raise for files that are damaged, encrypted or oddly packed.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, KeyError, ValueError),
    *(TypeError, AttributeError, IndexError, NotImplementedError, RuntimeError, OverflowError),
    *(AssertionError, ArithmeticError),
)


def sheet_rows(
    path: Path, settings: Settings, is_header: Callable[[Sequence[str]], bool], *, ods: bool
) -> Iterator[dict[str, Any]]:
    """The rows below the header of the first sheet that has one; raises InputError for a workbook
    without, and for one that is damaged or too big."""
    try:
        for cells in (ods_sheets if ods else _xlsx_sheets)(path, settings.limits.table_cells):
            names, below = _header(_within(cells, path, settings), is_header)
            if names:
                yield from _rows(names, below)
                return
    except InputError:
        raise
    except _DAMAGE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InputError(
            f"{path}: the workbook is damaged, encrypted or packed in an unusual way ({reason}); "
            "open it and save the sheet as CSV"
        ) from error
    raise InputError(
        f"{path}: no sheet with a header that names its text; name the column: "
        "ingest.table.text=COLUMN"
    )


def _xlsx_sheets(path: Path, limit: int) -> Iterator[Iterator[Cells]]:
    import defusedxml  # noqa: F401  openpyxl parses hostile XML safely only where it is there
    from openpyxl import load_workbook

    # As a file: of a path openpyxl judges by the name.
    with path.open("rb") as file:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what it says of its own size may be wrong
            yield sheet.iter_rows(values_only=True)


def _within(rows: Iterator[Cells], path: Path, settings: Settings) -> Iterator[Cells]:
    left = settings.limits.table_cells
    for row in rows:
        left -= len(row)
        if left < 0:
            raise InputError(
                f"{path}: a sheet of more than {settings.limits.table_cells:,} cells; "
                f"{said('table_cells')}, or save it as CSV"
            )
        yield row


def _header(
    rows: Iterator[Cells], is_header: Callable[[Sequence[str]], bool]
) -> tuple[list[str], Iterator[Cells]]:
    """The names of the header, in the first rows; empty for none."""
    for _, row in zip(range(_MOST_ABOVE), rows, strict=False):
        names = ["" if cell is None else str(cell).strip() for cell in row]
        if is_header([name for name in names if name]):
            return names, rows
    return [], rows


def _rows(names: list[str], below: Iterator[Cells]) -> Iterator[dict[str, Any]]:
    for row in below:
        if all(is_missing(cell) for cell in row):
            continue
        found: dict[str, Any] = {}
        for name, cell in zip(names, row, strict=False):
            if name:
                found.setdefault(name, cell)
        yield found
