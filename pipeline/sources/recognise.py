"""Recognises the kind of a file by its content, never by its name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pipeline.errors import InputError
from pipeline.sources import archive
from pipeline.sources.collectors import folded
from pipeline.sources.columns import Columns
from pipeline.sources.csv_form import csv_delimiter, lines_above_header
from pipeline.sources.json_events import ARCHIVE_OF_X
from pipeline.sources.json_kinds import Shape, shape_of, wrapped_in
from pipeline.sources.mhtml import is_mhtml, page_in
from pipeline.sources.page_text import PageText, is_page_text
from pipeline.sources.raw import HEAD_BYTES, Raw
from pipeline.sources.records import Note, Record
from pipeline.sources.rows import json_array, json_lines
from pipeline.sources.settings import Settings
from pipeline.sources.sheets import sheet_rows
from pipeline.sources.table import Table, array_table, csv_table, lines_table, parquet_table
from pipeline.sources.telegram_export import DesktopRows, TelegramExport, is_desktop_message
from pipeline.sources.telegram_web import TelegramWeb

SUPPORTED = (
    "supported are Telegram Desktop exports (result.json or messages.html, also in a ZIP), pages "
    "saved from t.me/s (HTML or MHTML), a channel page copied as text, and CSV, JSON, JSONL, "
    "Parquet, XLSX or ODS tables"
)
_FOREIGN = (
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an old or encrypted Excel workbook; save it as XLSX or CSV"),
    (b"{\\rtf", "an RTF document; save it as plain text"),
)
_PACKED_TABLES = (b"PAR1", b"PK\x03\x04")


class Source(Protocol):
    """A file of a known kind; ``raw`` is None for binary formats."""

    @property
    def raw(self) -> Raw | None: ...

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        """All posts and rejected records, in the file's order."""
        ...


class ArchiveFiles:
    """The files of an archive, one after another."""

    raw = None

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        for source in self.sources:
            yield from records_of(source, aliases)


def records_of(source: Source, aliases: Mapping[str, str]) -> Iterator[Record]:
    """The records of a source, then a note about undecodable bytes, if any."""
    yield from source.records(aliases)
    note = source.raw.note() if source.raw is not None else None
    if note is not None:
        yield Note(note)


def recognise(path: Path, given: Mapping[str, str | None] | Settings) -> Source:
    """The reader for a file; raises InputError if its kind is not supported."""
    settings = given if isinstance(given, Settings) else Settings.of(given)
    if path.is_dir():
        raise InputError(f"{path}: a folder; give the files in it")
    raw = Raw(path, settings)
    for magic in _PACKED_TABLES:
        if raw.head.startswith(magic) and raw.packed:
            raise InputError(
                f"{path}: a Parquet file, workbook or ZIP inside gzip; unpack it first"
            )
    if raw.head.startswith(b"PAR1"):
        return parquet_table(path, Columns(settings))
    if raw.head.startswith(b"PK\x03\x04"):
        return _of_archive(path, settings)
    return _of_bytes(raw)


def _of_archive(path: Path, settings: Settings) -> Source:
    names = archive.names_in(path, settings)
    ods = archive.is_ods(names)
    if not ods and not archive.is_xlsx(names):
        raws = [Raw(path, settings, name) for name in archive.members_of_export(names, path)]
        return ArchiveFiles([_of_bytes(raw) for raw in raws])
    columns = Columns(settings)
    known = columns.known_names()

    def is_header(cells: Sequence[str]) -> bool:
        return any(folded(cell) in known for cell in cells)

    kind = "ODS sheet" if ods else "XLSX sheet"
    return Table(path, None, kind, columns, lambda: sheet_rows(path, settings, is_header, ods=ods))


def _of_bytes(raw: Raw) -> Source:
    for magic, what in _FOREIGN:
        if raw.head.startswith(magic):
            raise InputError(f"{raw.path}: looks like {what}; {SUPPORTED}")
    if not raw.encoding.startswith("utf-16") and raw.head.count(0) > len(raw.head) // 10:
        raise InputError(f"{raw.path}: looks like a binary file; {SUPPORTED}")
    head = raw.head_text().lstrip()
    if not head:
        raise InputError(f"{raw.path}: the file is empty")
    if head.startswith("<"):
        return TelegramWeb(raw)
    if head.startswith("[") or ARCHIVE_OF_X.match(head):
        return _of_array(raw)
    if head.startswith("{"):
        return _of_object(raw, head)
    return _of_text(raw, head)


def _of_array(raw: Raw) -> Source:
    first = next(iter(json_array(raw)), None)
    if is_desktop_message(first):
        return DesktopRows(raw, lambda: json_array(raw))
    return array_table(raw, Columns(raw.settings))


def _of_object(raw: Raw, head: str) -> Source:
    columns = Columns(raw.settings)
    if _is_json_lines(raw, head):
        if is_desktop_message(next(iter(json_lines(raw)), None)):
            return DesktopRows(raw, lambda: json_lines(raw))
        return lines_table(raw, columns)
    found = shape_of(raw)
    if found.shape is Shape.rows:
        return array_table(raw, columns, found.path)
    if found.shape is Shape.by_column:
        raise InputError(
            f"{raw.path}: a JSON table by column, or with rows without column names, as written by "
            "pandas by default; write it with to_json(..., orient='records', lines=True)"
        )
    return TelegramExport(raw)


def _of_text(raw: Raw, head: str) -> Source:
    if is_mhtml(head):
        return TelegramWeb(raw, page_in(raw))
    columns = Columns(raw.settings)
    known = columns.known_names()
    if (delimiter := csv_delimiter(head, known)) is not None:
        return csv_table(raw, delimiter, columns)
    if is_page_text(head):
        return PageText(raw)
    if (above := lines_above_header(head, known)) is not None:
        return csv_table(raw, above[1], columns, above[0])
    if (delimiter := csv_delimiter(head, known=None)) is not None:
        return csv_table(raw, delimiter, columns)
    raise InputError(
        f"{raw.path}: looks like plain text, but neither like a channel page (with lines such as "
        f"'Forwarded from') nor like a table with a header; {SUPPORTED}"
    )


def _is_json_lines(raw: Raw, head: str) -> bool:
    """Whether the first line is a complete object that is one row, not a whole export."""
    line, newline, _ = head.partition("\n")
    if not newline and len(raw.head) == HEAD_BYTES:
        # The first line is longer than the head; an export has its key before any text.
        return not re.search(
            r'"(messages|chats|left_chats|data|items|results|posts|tweets|response)"\s*:\s*[\[{]',
            head[:2000],
        ) and not ('"personal_information"' in head or '"about"' in head[:100])
    try:
        first = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and not wrapped_in(first)
