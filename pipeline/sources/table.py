"""Tables of any kind: one row a post, with any names of columns."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.sources import rows
from pipeline.sources.columns import TOLD, Bound, Columns, all_names
from pipeline.sources.moments import Clock
from pipeline.sources.post_rows import record_of
from pipeline.sources.raw import Raw
from pipeline.sources.records import Note, Post, Record
from pipeline.sources.written_times import DMY, EITHER, MDY, order_of

# Rows that are looked at before a table's columns are taken as known.
_FIRST_ROWS = 1000
_FIRST_CHARACTERS = 8_000_000
_TIMES = ("published", "edited")


class Table:
    """One row a post. Rows that come with ``opening`` or ``before`` are passages already."""

    def __init__(
        self,
        path: Path,
        raw: Raw | None,
        kind: str,
        columns: Columns,
        read: Callable[[], Iterator[rows.Row]],
    ) -> None:
        self.path, self.raw, self.kind = path, raw, kind
        self.columns = columns
        self.read = read

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        found = self.read()
        first = list(_beginning(found))
        whole = [row for row in first if not isinstance(row, rows.Broken)]
        if not whole:
            what = "no row that can be read" if first else "no rows"
            raise InputError(f"{self.path}: a table with {what}")
        bound = self.columns.bind(self.path, all_names(whole))
        if not (bound.has("opening") or bound.has("before")):
            yield Note(self.told(bound))
        clocks = {field: self._clock(field, bound, whole) for field in _TIMES}
        undated, example = 0, None
        for row in itertools.chain(first, found):
            record = record_of(row, bound, aliases, clocks)
            yield record
            if isinstance(record, Post) and record.published is None and isinstance(row, dict):
                value = bound.of(row, "published")
                if value is not None:
                    undated, example = undated + 1, example or value
        if undated:
            yield Note(
                f"{self.path}: rows whose date cannot be read: {undated}, e.g. "
                f"{str(example)[:40]!r}; they count as undated"
            )

    def told(self, bound: Bound) -> str:
        """Which columns are taken for what, and what is not found."""
        taken = bound.taken()
        whose = f" of {bound.collector.shown}" if bound.collector is not None else ""
        shown = ", ".join(f"{field} from {column!r}" for field, column in taken.items())
        missing = [field for field in TOLD if field not in taken]
        not_found = f"; not found: {', '.join(missing)}" if missing else ""
        return f"{self.path}: {self.kind}{whose}: {shown}{not_found}"

    def _clock(self, field: str, bound: Bound, first: list[Mapping[str, Any]]) -> Clock:
        """How this column's times are read; raises InputError where it does not tell."""
        settings = self.columns.settings
        values = [value for row in first if (value := bound.of(row, field)) is not None]
        orders = {order_of(value) for value in values if isinstance(value, str)} - {None}
        order = settings.date_order
        if order is None and {DMY, MDY} <= orders:
            order = None  # both: only those that tell by themselves are read
        elif order is None and orders & {DMY, MDY}:
            order = (orders & {DMY, MDY}).pop()
        elif order is None and EITHER in orders:
            example = next(v for v in values if isinstance(v, str) and order_of(v) == EITHER)
            raise InputError(
                f"{self.path}: {self._column(field, bound)}: day or month first in "
                f"{example[:40]!r}? The column does not tell; say ingest.table.date_order=dmy or "
                "ingest.table.date_order=mdy"
            )
        clock = Clock(order, settings.zone)
        if values and all(clock.moment(value).at is None for value in values):
            raise InputError(
                f"{self.path}: {self._column(field, bound)}: no time in that column, e.g. "
                f"{str(values[0])[:40]!r}; allowed are times such as 2026-03-01T12:00:00Z, "
                "1 March 2026, 01.03.2026, unix seconds, days of a spreadsheet or a year, not "
                f"numbers cut to 1.79E+12; ingest.table.{field}='' reads the file without"
            )
        return clock

    def _column(self, field: str, bound: Bound) -> str:
        column = self.columns.mapping.get(field) or ".".join(bound.paths[field][0])
        return f"ingest.table.{field}={column}"


def _beginning(found: Iterator[rows.Row]) -> Iterator[rows.Row]:
    """Rows to learn the columns from: some hundreds, fewer where they are long."""
    characters = 0
    for row in itertools.islice(found, _FIRST_ROWS):
        yield row
        values = [row.text] if isinstance(row, rows.Broken) else row.values()
        characters += sum(len(value) for value in values if isinstance(value, str))
        if characters > _FIRST_CHARACTERS:
            return


def csv_table(raw: Raw, delimiter: str, columns: Columns, above: int = 0) -> Table:
    kind = "tab-separated table" if delimiter == "\t" else "CSV"
    return Table(raw.path, raw, kind, columns, lambda: rows.csv_rows(raw, delimiter, above=above))


def lines_table(raw: Raw, columns: Columns) -> Table:
    return Table(raw.path, raw, "JSONL table", columns, lambda: rows.json_lines(raw))


def array_table(raw: Raw, columns: Columns, path: tuple[str, ...] = ()) -> Table:
    return Table(raw.path, raw, "JSON table", columns, lambda: rows.json_array(raw, path))


def parquet_table(path: Path, columns: Columns) -> Table:
    top = columns.bind(path, rows.parquet_names(path)).top_level()
    limits = columns.settings.limits
    return Table(path, None, "Parquet table", columns, lambda: rows.parquet_rows(path, top, limits))
