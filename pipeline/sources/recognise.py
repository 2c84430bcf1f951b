"""Which kind of file this is, told from its first bytes; never from its name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from pipeline.errors import InputError
from pipeline.sources.columns import Columns
from pipeline.sources.page_text import PageText, is_page_text
from pipeline.sources.raw import HEAD_BYTES, Raw
from pipeline.sources.records import Record
from pipeline.sources.rows import csv_delimiter
from pipeline.sources.table import array_table, csv_table, lines_table, parquet_table
from pipeline.sources.telegram_export import TelegramExport
from pipeline.sources.telegram_web import TelegramWeb

SUPPORTED = (
    "supported are Telegram Desktop exports (result.json or messages.html), pages saved from "
    "t.me/s, a channel page copied as text, and CSV, JSONL or Parquet tables"
)
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or Excel workbook; unpack it, or save the sheet as CSV"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"{\\rtf", "an RTF document; save it as plain text"),
)


class Source(Protocol):
    """A file whose kind is known."""

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        """Every post of the file and every refusal, in the file's order."""
        ...


def recognise(path: Path, columns: Mapping[str, str | None]) -> Source:
    """The reader for a file; raises InputError for one of no supported kind."""
    if path.is_dir():
        raise InputError(f"{path}: a folder; name the files in it")
    raw = Raw(path)
    if raw.head.startswith(b"PAR1"):
        if raw.packed:
            raise InputError(f"{path}: a Parquet file inside gzip; unpack it first")
        return parquet_table(path, Columns(columns))
    for magic, what in _FOREIGN:
        if raw.head.startswith(magic):
            raise InputError(f"{path}: looks like {what}; {SUPPORTED}")
    if raw.encoding != "utf-16" and raw.head.count(0) > len(raw.head) // 10:
        raise InputError(f"{path}: looks like a binary file; {SUPPORTED}")
    head = raw.head_text().lstrip()
    if not head:
        raise InputError(f"{path}: the file is empty")
    return _of_text(raw, head, columns)


def _of_text(raw: Raw, head: str, columns: Mapping[str, str | None]) -> Source:
    if head.startswith("<"):
        return TelegramWeb(raw)
    if head.startswith("["):
        return array_table(raw, Columns(columns))
    if head.startswith("{"):
        if _one_object_a_line(raw, head):
            return lines_table(raw, Columns(columns))
        return TelegramExport(raw)
    names = Columns(columns)
    if (delimiter := csv_delimiter(head, names.known_names())) is not None:
        return csv_table(raw, delimiter, names)
    if is_page_text(head):
        return PageText(raw)
    if (delimiter := csv_delimiter(head, known=None)) is not None:
        return csv_table(raw, delimiter, names)
    raise InputError(
        f"{raw.path}: looks like plain text without a channel's marks (such as 'Forwarded from') "
        f"and without a header line of a table; {SUPPORTED}"
    )


def _one_object_a_line(raw: Raw, head: str) -> bool:
    """Whether the first line is a whole object, and not a whole export on one line."""
    line, newline, _ = head.partition("\n")
    if not newline and len(raw.head) == HEAD_BYTES:
        # A first line longer than the head: an export has its key before any text.
        return not re.search(r'"(messages|chats|left_chats)"\s*:\s*[\[{]', head[:2000]) and not (
            '"personal_information"' in head or '"about"' in head[:100]
        )
    try:
        first = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and not (
        isinstance(first.get("messages"), list) or isinstance(first.get("chats"), dict)
    )
