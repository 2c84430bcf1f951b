"""Rows of a CSV, JSONL, JSON or Parquet file as mappings, streamed.

A row that cannot be read comes as a :class:`Broken`.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.io.parsing import json_value
from pipeline.sources.json_events import build, events_of, naming_damage
from pipeline.sources.raw import MAX_LINE_CHARACTERS, Raw

_DELIMITERS = (",", ";", "\t", "|")
# Excel's first line, which names the delimiter.
_SEPARATOR = re.compile(r'\s*"?sep=([^\w"\r\n])[^\w\r\n]*(?:\r?\n|$)', re.IGNORECASE)
_NAME = re.compile(r"[^\W\d][\w .:/()#-]{0,40}")


@dataclass(frozen=True)
class Broken:
    """What stands in the place of a row."""

    text: str


Row = Mapping[str, Any] | Broken


def named_delimiter(head: str) -> str | None:
    """What a first line ``sep=;`` says; None for a file that begins with anything else."""
    found = _SEPARATOR.match(head)
    return found[1] if found else None


def csv_delimiter(head: str, known: frozenset[str] | None) -> str | None:
    """The delimiter of a CSV that begins like ``head``; None when it does not look like one.

    With ``known`` names (case-folded) a header must hold one of them; without, it must be two or
    more cells that could be names.
    """
    separator = _SEPARATOR.match(head)
    below = head[separator.end() :] if separator else head
    line = below.lstrip("\r\n ").partition("\n")[0]
    likely = sorted(_DELIMITERS, key=lambda delimiter: -line.count(delimiter))
    for delimiter in [separator[1]] if separator else likely:
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue
        if known is not None and known & {cell.strip().casefold() for cell in cells}:
            return delimiter
        if known is None and len(cells) > 1 and all(_NAME.fullmatch(c.strip()) for c in cells):
            return delimiter
    return None


def csv_rows(raw: Raw, delimiter: str, header: Sequence[str] | None = None) -> Iterator[Row]:
    """Rows below the header line; a row of more cells than the header has is broken. With a
    ``header`` given, the file has no such line. Blank lines and ``sep=;`` above it are no rows."""
    csv.field_size_limit(MAX_LINE_CHARACTERS)
    lines = _Quotes(_without_separator(raw.lines(newline="")))
    reader = csv.reader(lines, delimiter=delimiter)
    begun = 0
    try:
        for cells in reader:
            if lines.is_open and reader.line_num > begun + 1:
                raise csv.Error("a field goes on to the end of the file")
            if header is None:
                names = [name.removeprefix("\ufeff").strip() for name in cells]
                header = names if any(names) else None
            elif len(cells) > len(header):
                yield Broken(delimiter.join(cells))
            elif cells:
                yield _named(header, cells)
            begun = reader.line_num
    except csv.Error as error:
        raise InputError(
            f"{raw.path}:{begun + 1}: not a readable CSV ({error}); "
            "is a quotation mark opened and never closed?"
        ) from error


def _without_separator(lines: Iterator[str]) -> Iterator[str]:
    """The lines with a blank one in the place of ``sep=;``, so that all keep their numbers."""
    for line in lines:
        yield "\n" if named_delimiter(line.removeprefix("\ufeff")) else line
        if not line.isspace():
            break
    yield from lines


class _Quotes:
    """Lines of a file; ``is_open`` tells at its end whether quotation marks do not pair."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = lines
        self.marks = 0
        self.at_end = False

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.marks += line.count('"')
            yield line
        self.at_end = True

    @property
    def is_open(self) -> bool:
        return self.at_end and self.marks % 2 == 1


def _named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str | None]:
    """Of columns with the same name the first counts; cells that are missing are null."""
    row: dict[str, str | None] = {}
    for name, cell in itertools.zip_longest(header, cells):
        row.setdefault(name, cell)
    return row


def json_lines(raw: Raw) -> Iterator[Row]:
    """One JSON object a line; blank lines are passed over."""
    with raw.text(newline="\n") as file:
        while line := file.readline(MAX_LINE_CHARACTERS):
            if line.isspace():
                continue
            try:
                value = json_value(line.removeprefix("\ufeff"))
            except ValueError:
                value = None
            yield value if isinstance(value, dict) else Broken(line)


def json_array(raw: Raw) -> Iterator[Row]:
    """The objects of one JSON array."""
    with raw.utf8() as file, naming_damage(raw.path):
        events = events_of(file)
        next(events)  # the opening bracket, which the recogniser saw
        for kind, first in events:
            if kind == "end_array":
                continue  # whatever stands behind it is an error
            value = build(kind, first, events)
            yield value if isinstance(value, dict) else Broken(type(value).__name__)


def parquet_names(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {_first_line(error)}") from error


def parquet_rows(path: Path, names: Sequence[str]) -> Iterator[Row]:
    """Rows with only the columns ``names``, a few thousand in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=2000, columns=list(names)):
                columns = [_values(column) for column in batch.columns]
                for values in zip(*columns, strict=True):
                    yield dict(zip(batch.schema.names, values, strict=True))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {_first_line(error)}") from error


def _values(column: Any) -> list[Any]:
    """Python values of an Arrow column; null for a time that Python cannot hold."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):
        return [_value(cell) for cell in column]


def _value(cell: Any) -> Any:
    try:
        return cell.as_py()
    except (ValueError, OverflowError):
        return None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
