"""Scores as an Excel workbook without formulas; the same scores give the same bytes.

The first sheet is for reading, the second has the whole table, the third describes the columns.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

import polars as pl

from pipeline.codebook import Codebook
from pipeline.io.formulas import is_formula
from pipeline.scoring.legend import legend

# Limits of the format; rows include the header.
MAX_ROWS = 1_048_576
MAX_CHARACTERS = 32_767
MAX_LINKS = 65_000
READING, TABLE, LEGEND = "Reading", "scores", "Legend"
# Characters that XML cannot represent.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Addresses that are written as links.
_LINK = re.compile(r"https?://[^\s@\"'<>\\`{}|^]{1,2000}")
_READING = {"Date": 17, "Channel": 20, "Link": 28, "Text": 90, "Frames": 32, "Stances": 32}
_TABLE = {"text": 80, "url": 30, "post_id": 18, "paragraph_id": 20, "published": 20}
_LEGEND = {"Column": 34, "Name": 34, "Meaning": 90}
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass
class _Sheet:
    """A sheet of rows; when it is full, another with the same header is begun."""

    book: Any
    title: str
    heading: list[str]
    widths: dict[str, int]
    written: int = 0
    sheets: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._begin()

    @property
    def current(self) -> Any:
        return self.sheets[-1]

    def append(self, row: list[object]) -> None:
        if self.written == MAX_ROWS:
            self._begin()
        self.current.append(row)
        self.written += 1

    def finish(self) -> None:
        from openpyxl.utils import get_column_letter

        last = get_column_letter(len(self.heading))
        for sheet in self.sheets:
            rows = self.written if sheet is self.current else MAX_ROWS
            sheet.auto_filter.ref = f"A1:{last}{rows}"

    def _begin(self) -> None:
        from openpyxl.utils import get_column_letter

        number = len(self.sheets) + 1
        sheet = self.book.create_sheet(self.title if number == 1 else f"{self.title} {number}")
        sheet.freeze_panes = "A2"
        for at, name in enumerate(self.heading, start=1):
            sheet.column_dimensions[get_column_letter(at)].width = self.widths.get(name, 13)
        self.sheets.append(sheet)
        sheet.append(self.heading)
        self.written = 1


class ScoresWorkbook:
    """A workbook to which rows are added in chunks.

    Attributes:
        neutralised: cells of the table that begin like a formula; they are marked as text.
        shortened: cells of the table that exceed the length limit and are cut off.
    """

    def __init__(self, columns: list[str], codebook: Codebook) -> None:
        from openpyxl import Workbook

        self.neutralised = self.shortened = 0
        self._columns, self._codebook = columns, codebook
        self._frames = [(frame.code, frame.display_name) for frame in codebook.frames]
        self._targets = [(f"stance_{t.code}", t.display_name) for t in codebook.targets]
        self._book = Workbook(write_only=True)
        self._book.properties.creator = "rhetoric"
        self._book.properties.created = datetime(*_EPOCH)
        self._reading = _Sheet(self._book, READING, list(_READING), _READING)
        self._table = _Sheet(self._book, TABLE, columns, _TABLE)
        self._links = 0

    def add(self, rows: pl.DataFrame) -> None:
        for row in rows.iter_rows(named=True):
            self._table.append([self._counted(value) for value in row.values()])
            self._reading.append(self._for_reading(row))

    def save(self, file: IO[bytes]) -> None:
        """Write the workbook, without the time of saving that openpyxl adds."""
        explained = _Sheet(self._book, LEGEND, list(_LEGEND), _LEGEND)
        for line in legend(self._columns, self._codebook):
            explained.append([self._cell(explained, text, wrapped=True) for text in line])
        for sheet in (self._reading, self._table, explained):
            sheet.finish()
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

    def _for_reading(self, row: dict[str, Any]) -> list[object]:
        frames = "; ".join(name for code, name in self._frames if row[code])
        stances = "; ".join(
            f"{name}: {row[column].replace('favour', 'in favour')}"
            for column, name in self._targets
            if row[column] != "absent"
        )
        sheet, published = self._reading, row["published"]
        return [
            self._date(published),
            self._cell(sheet, row["channel"], wrapped=True),
            self._link(row["url"]),
            self._cell(sheet, row["text"], wrapped=True),
            self._cell(sheet, frames, wrapped=True),
            self._cell(sheet, stances, wrapped=True),
        ]

    def _date(self, published: str | None) -> object:
        """A date cell in UTC, by which a spreadsheet can sort and group."""
        from openpyxl.cell import WriteOnlyCell

        if published is None:
            return None
        when = datetime.strptime(published, "%Y-%m-%dT%H:%M:%SZ")
        if when.year < 1900:  # Spreadsheets have no earlier dates.
            return self._cell(self._reading, published, wrapped=True)
        cell = WriteOnlyCell(self._reading.current, when)
        cell.number_format = "yyyy-mm-dd hh:mm"
        cell.alignment = _top(wrapped=False)
        return cell

    def _link(self, url: str | None) -> object:
        cell = self._cell(self._reading, url, wrapped=False)
        if url and self._links < MAX_LINKS and _LINK.fullmatch(url):
            self._links += 1
            cell.hyperlink = url
            cell.style = "Hyperlink"
        return cell

    def _counted(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        text = _UNWRITABLE.sub("", value)
        self.shortened += len(text) > MAX_CHARACTERS
        self.neutralised += is_formula(text)
        if is_formula(text) or text.startswith("#"):
            return self._cell(self._table, text, wrapped=False)
        return text[:MAX_CHARACTERS]

    def _cell(self, sheet: _Sheet, value: str | None, *, wrapped: bool) -> Any:
        """A text cell, also for ``=1+1``; the quote prefix keeps it text when it is edited."""
        from openpyxl.cell import WriteOnlyCell

        text = _UNWRITABLE.sub("", value or "")[:MAX_CHARACTERS]
        cell = WriteOnlyCell(sheet.current, text)
        cell.data_type = "s"
        if is_formula(text) or text.startswith("#"):
            cell.quotePrefix = True
        if wrapped:
            cell.alignment = _top(wrapped=True)
        return cell


def _top(*, wrapped: bool) -> Any:
    from openpyxl.styles import Alignment

    return Alignment(vertical="top", wrap_text=wrapped)
