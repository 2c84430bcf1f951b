"""Tables of any kind: one post per row, with any column names."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.sources import rows
from pipeline.sources.columns import REPORTED, Bound, Columns, all_names
from pipeline.sources.moments import Clock
from pipeline.sources.post_rows import record_of
from pipeline.sources.raw import Raw
from pipeline.sources.records import Note, Post, Record
from pipeline.sources.written_times import DMY, EITHER, MDY, order_of

# Number of rows from which the columns are determined, and their maximum characters.
_FIRST_ROWS = 1000
_FIRST_CHARACTERS = 8_000_000
_TIMES = ("published", "edited")


class Table:
    """A table with one post per row; rows with ``opening`` or ``before`` are passages."""

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
            what = "no readable rows" if first else "no rows"
            raise InputError(f"{self.path}: a table with {what}")
        bound = self.columns.bind(self.path, all_names(whole))
        if not (bound.has("opening") or bound.has("before")):
            yield Note(self.description(bound))
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
                f"{self.path}: rows with an invalid date: {undated}, e.g. "
                f"{str(example)[:40]!r}; they count as undated"
            )

    def description(self, bound: Bound) -> str:
        """A message with the column per field, and the fields without a column."""
        taken = bound.taken()
        whose = f" of {bound.collector.shown}" if bound.collector is not None else ""
        shown = ", ".join(f"{field} from {column!r}" for field, column in taken.items())
        missing = [field for field in REPORTED if field not in taken]
        not_found = f"; not found: {', '.join(missing)}" if missing else ""
        return f"{self.path}: {self.kind}{whose}: {shown}{not_found}"

    def _clock(self, field: str, bound: Bound, first: list[Mapping[str, Any]]) -> Clock:
        """How to parse the times of a column; raises InputError if this is ambiguous."""
        settings = self.columns.settings
        values = [value for row in first if (value := bound.of(row, field)) is not None]
        orders = {order_of(value) for value in values if isinstance(value, str)} - {None}
        order = settings.date_order
        if order is None and {DMY, MDY} <= orders:
            order = None  # the column has both, so only unambiguous dates are parsed
        elif order is None and orders & {DMY, MDY}:
            order = (orders & {DMY, MDY}).pop()
        elif order is None and EITHER in orders:
            example = next(v for v in values if isinstance(v, str) and order_of(v) == EITHER)
            raise InputError(
                f"{self.path}: {self._column(field, bound)}: day or month first in "
                f"{example[:40]!r}? The column is ambiguous; set ingest.table.date_order=dmy or "
                "ingest.table.date_order=mdy"
            )
        clock = Clock(order, settings.zone)
        if values and all(clock.moment(value).at is None for value in values):
            raise InputError(
                f"{self.path}: {self._column(field, bound)}: no valid time in that column, e.g. "
                f"{str(values[0])[:40]!r}; allowed are times such as 2026-03-01T12:00:00Z, "
                "1 March 2026, 01.03.2026, unix seconds, serial dates of a spreadsheet or a year, "
                f"but not 1.79E+12; set ingest.table.{field}='' to ignore the column"
            )
        return clock

    def _column(self, field: str, bound: Bound) -> str:
        column = self.columns.mapping.get(field) or ".".join(bound.paths[field][0])
        return f"ingest.table.{field}={column}"


def _beginning(found: Iterator[rows.Row]) -> Iterator[rows.Row]:
    """The first rows, from which the columns are determined; fewer if they are long."""
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
