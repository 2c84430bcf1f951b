"""Scores as an Excel workbook that runs nothing and is the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

import polars as pl

from pipeline.io.formulas import is_formula

# Limits of the format, the heading among the rows.
MAX_ROWS = 1_048_576
MAX_CHARACTERS = 32_767
# XML has no way to write these.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDTHS = {"text": 80, "url": 30, "post_id": 18, "paragraph_id": 20, "published": 20}
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass
class ScoresWorkbook:
    """Rows are added a stretch at a time; a full sheet is followed by another.

    Attributes:
        neutralised: cells that begin like a formula; they are marked as text.
        shortened: cells longer than a spreadsheet holds; their ends are left out.
    """

    columns: list[str]
    neutralised: int = 0
    shortened: int = 0

    def __post_init__(self) -> None:
        from openpyxl import Workbook

        self._book = Workbook(write_only=True)
        self._book.properties.creator = "rhetoric"
        self._book.properties.created = datetime(*_EPOCH)
        self._begin_sheet()

    def add(self, rows: pl.DataFrame) -> None:
        for row in rows.iter_rows():
            if self._written == MAX_ROWS:
                self._begin_sheet()
            self._sheet.append([self._cell(value) for value in row])
            self._written += 1

    def save(self, file: IO[bytes]) -> None:
        """Write it; openpyxl puts the time of saving into the file, which is taken out again."""
        made = io.BytesIO()
        self._book.save(made)
        with zipfile.ZipFile(made) as source, zipfile.ZipFile(file, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                if name == "docProps/core.xml":
                    content = re.sub(
                        rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content
                    )
                entry = zipfile.ZipInfo(name, _EPOCH)
                target.writestr(entry, content, zipfile.ZIP_DEFLATED)

    def _begin_sheet(self) -> None:
        from openpyxl.utils import get_column_letter

        number = len(self._book.worksheets) + 1
        self._sheet: Any = self._book.create_sheet("scores" if number == 1 else f"scores {number}")
        self._sheet.freeze_panes = "A2"
        for at, name in enumerate(self.columns, start=1):
            self._sheet.column_dimensions[get_column_letter(at)].width = _WIDTHS.get(name, 13)
        self._sheet.append(self.columns)
        self._written = 1

    def _cell(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        text = _UNWRITABLE.sub("", value)
        if len(text) > MAX_CHARACTERS:
            self.shortened += 1
            text = text[:MAX_CHARACTERS]
        if is_formula(text):
            self.neutralised += 1
            return self._text(text)
        return self._text(text) if text.startswith("#") else text

    def _text(self, text: str) -> object:
        """A cell of text, also of ``=1+1``; the quote prefix keeps it text when it is edited."""
        from openpyxl.cell import WriteOnlyCell

        cell = WriteOnlyCell(self._sheet, text)
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell
