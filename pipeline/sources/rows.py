"""Streams rows of CSV, JSONL and JSON files as mappings; unreadable rows are :class:`Broken`."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import InputError
from pipeline.io.parsing import json_value
from pipeline.sources.csv_form import csv_delimiter, named_delimiter, quoting_of
from pipeline.sources.json_events import build, events_of, naming_damage, skip
from pipeline.sources.parquet import parquet_names, parquet_rows
from pipeline.sources.raw import Raw

__all__ = [
    "Broken", "Row", "csv_delimiter", "csv_rows", "json_array", "json_lines", "named_delimiter",
    "parquet_names", "parquet_rows",
]  # fmt: skip

_BACKSLASH = re.compile(r'\\(["\\])')


@dataclass(frozen=True)
class Broken:
    """An unreadable row."""

    text: str


Row = Mapping[str, Any] | Broken


def csv_rows(
    raw: Raw, delimiter: str, header: Sequence[str] | None = None, above: int = 0
) -> Iterator[Row]:
    """Rows below the header line; rows with more cells than the header are broken. If ``header`` is
    given, the file has no header line. Blank lines, ``sep=;`` and the first ``above`` lines are
    skipped."""
    csv.field_size_limit(raw.settings.limits.text_characters + 1)
    quoting = quoting_of(raw, delimiter)
    source = _without_first(_without_separator(raw.lines(newline="")), above)
    if quoting.has_backslashes:
        source = (_BACKSLASH.sub(_doubled, line) if "\\" in line else line for line in source)
    lines = _Quotes(source)
    if quoting.is_none:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=delimiter)
    begun = 0
    try:
        for cells in reader:
            if not quoting.is_none and lines.is_open and reader.line_num > begun + 1:
                raise csv.Error("a field extends to the end of the file")
            if header is None:
                names = [name.removeprefix("\ufeff").strip() for name in cells]
                header = names if any(names) else None
            elif any(cells[len(header) :]):
                yield Broken(delimiter.join(cells))
            elif cells:
                yield _named(header, cells[: len(header)])
            begun = reader.line_num
    except csv.Error as error:
        raise InputError(
            f"{raw.path}:{begun + above + 1}: invalid CSV ({error}); "
            "is a quotation mark not closed?"
        ) from error


def _doubled(found: re.Match[str]) -> str:
    """An escaped quotation mark in the usual CSV form."""
    return '""' if found[1] == '"' else "\\"


def _without_first(lines: Iterator[str], count: int) -> Iterator[str]:
    return itertools.islice(lines, count, None)


def _without_separator(lines: Iterator[str]) -> Iterator[str]:
    """The lines with ``sep=;`` replaced by a blank line, which keeps line numbers."""
    for line in lines:
        yield "\n" if named_delimiter(line.removeprefix("\ufeff")) else line
        if not line.isspace():
            break
    yield from lines


class _Quotes:
    """Lines of a file; ``is_open`` is true at its end if a quotation mark is not closed."""

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
    """A row by column name; the first of duplicate names counts, missing cells are None."""
    row: dict[str, str | None] = {}
    for name, cell in itertools.zip_longest(header, cells):
        row.setdefault(name, cell)
    return row


def json_lines(raw: Raw) -> Iterator[Row]:
    """One JSON object per line; blank lines are skipped."""
    for line in raw.lines(newline="\n"):
        if line.isspace():
            continue
        try:
            value = json_value(line.removeprefix("\ufeff"))
        except ValueError:
            value = None
        yield value if isinstance(value, dict) else Broken(line)


def json_array(raw: Raw, path: Sequence[str] = ()) -> Iterator[Row]:
    """The objects of a JSON array, or of the array at ``path`` in an object."""
    with naming_damage(raw.path):
        events = events_of(raw)
        if path:
            _go_to(events, path)
        else:
            next(events)  # the opening bracket
        for kind, first in events:
            if kind == "end_array":
                break
            value = build(kind, first, events)
            yield value if isinstance(value, dict) else Broken(type(value).__name__)
        for _ in events:  # raises for a truncated file, or one with trailing content
            pass


def _go_to(events: Iterator[tuple[str, Any]], path: Sequence[str]) -> None:
    """Advance to the opening bracket of the array at ``path``."""
    for key in path:
        next(events)  # the opening brace
        for _, found in events:
            if found == key:
                break
            skip(next(events)[0], events)
    next(events)  # the opening bracket
