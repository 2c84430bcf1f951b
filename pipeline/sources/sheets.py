"""Streams rows of a sheet in an XLSX or ODS workbook.

openpyxl streams XLSX. ODS is parsed here, since odfpy and calamine load the whole sheet, in which a
cell may be repeated a million times.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from pipeline.errors import InputError
from pipeline.sources.limits import limit_hint
from pipeline.sources.missing import is_missing
from pipeline.sources.ods import ods_sheets
from pipeline.sources.settings import Settings

_MOST_ABOVE = 30
Cells = Sequence[Any]
# Exceptions of openpyxl and XML parsers for damaged, encrypted or unsupported files.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, KeyError, ValueError),
    *(TypeError, AttributeError, IndexError, NotImplementedError, RuntimeError, OverflowError),
    *(AssertionError, ArithmeticError),
)


def sheet_rows(
    path: Path, settings: Settings, is_header: Callable[[Sequence[str]], bool], *, ods: bool
) -> Iterator[dict[str, Any]]:
    """The rows below the header of the first sheet with one; raises InputError if there is none, or
    if the workbook is damaged or too large."""
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
            f"{path}: the workbook is damaged, encrypted or unsupported ({reason}); open it and "
            "save the sheet as CSV"
        ) from error
    raise InputError(
        f"{path}: no sheet has a header with a column for the text; set ingest.table.text=COLUMN"
    )


def _xlsx_sheets(path: Path, limit: int) -> Iterator[Iterator[Cells]]:
    import defusedxml  # noqa: F401  openpyxl needs it to parse hostile XML safely
    from openpyxl import load_workbook

    # Opened as a file, since openpyxl judges a path by its ending.
    with path.open("rb") as file:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # the declared dimensions may be wrong
            yield sheet.iter_rows(values_only=True)


def _within(rows: Iterator[Cells], path: Path, settings: Settings) -> Iterator[Cells]:
    left = settings.limits.table_cells
    for row in rows:
        left -= len(row)
        if left < 0:
            raise InputError(
                f"{path}: a sheet of more than {settings.limits.table_cells:,} cells; "
                f"{limit_hint('table_cells')}, or save it as CSV"
            )
        yield row


def _header(
    rows: Iterator[Cells], is_header: Callable[[Sequence[str]], bool]
) -> tuple[list[str], Iterator[Cells]]:
    """The header among the first rows (empty if there is none), and the rows below it."""
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
