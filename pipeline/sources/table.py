"""Tables: CSV, JSONL, a JSON array or Parquet, one row a post, with any names of columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.sources import rows
from pipeline.sources.columns import Bound, Columns, all_names
from pipeline.sources.moments import Moment, moment
from pipeline.sources.raw import Raw
from pipeline.sources.records import Channel, Post, Record, Refused, content_id

# Rows that are looked at before a JSON table's columns are taken as known.
_FIRST_ROWS = 1000
_LAST_NUMBER = re.compile(r"(\d+)\D*$")
_TELEGRAM = re.compile(r"^(?:https?://)?(?:t\.me|telegram\.me)/(?:s/)?|^@")


class Table:
    """One row a post. Rows that come with ``opening`` or ``before`` are passages already."""

    def __init__(
        self,
        path: Path,
        columns: Columns,
        read: Callable[[], Iterator[rows.Row]],
    ) -> None:
        self.path = path
        self.columns = columns
        self.read = read

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        found = self.read()
        first = list(itertools.islice(found, _FIRST_ROWS))
        whole = [row for row in first if not isinstance(row, rows.Broken)]
        if not whole:
            what = "no row that can be read" if first else "no rows"
            raise InputError(f"{self.path}: a table with {what}")
        bound = self.columns.bind(self.path, all_names(whole))
        self._check_times(bound, whole)
        for row in itertools.chain(first, found):
            yield _record(row, bound, aliases)

    def _check_times(self, bound: Bound, first: list[Mapping[str, Any]]) -> None:
        """A column for times that holds none is a mistake worth a word: all would be undated."""
        for field in ("published", "edited"):
            values = [value for row in first if (value := bound.of(row, field)) is not None]
            if values and all(_moment(value).at is None for value in values):
                column = self.columns.mapping.get(field) or ".".join(bound.paths[field][0])
                raise InputError(
                    f"{self.path}: ingest.table.{field}={column}: no time in that column, e.g. "
                    f"{str(values[0])[:40]!r}; allowed are times such as 2026-03-01T12:00:00Z, "
                    f"1 March 2026, 01.03.2026, unix seconds or a year; ingest.table.{field}='' "
                    "reads the file without"
                )


def csv_table(raw: Raw, delimiter: str, columns: Columns) -> Table:
    return Table(raw.path, columns, lambda: rows.csv_rows(raw, delimiter))


def lines_table(raw: Raw, columns: Columns) -> Table:
    return Table(raw.path, columns, lambda: rows.json_lines(raw))


def array_table(raw: Raw, columns: Columns) -> Table:
    return Table(raw.path, columns, lambda: rows.json_array(raw))


def parquet_table(path: Path, columns: Columns) -> Table:
    bound = columns.bind(path, rows.parquet_names(path))
    return Table(path, columns, lambda: rows.parquet_rows(path, bound.top_level()))


def _record(row: rows.Row, bound: Bound, aliases: Mapping[str, str]) -> Record:
    if isinstance(row, rows.Broken):
        return Refused("damaged", row.text)
    name = _word(bound.of(row, "channel"))
    channel = _channel(name, aliases)
    opening, before = bound.given(row, "opening"), bound.given(row, "before")
    is_passage = opening is not None or before is not None
    number = _number(row, bound)
    post_id = _post_id(row, bound, channel, number, is_passage=is_passage)
    value = bound.of(row, "text")
    text = _text(value)
    if text is None:
        return Refused("damaged", str(value), post_id)
    if not text.strip():
        return Refused("empty" if not _is_service(row) else "service", post_id=post_id)
    published = _moment(bound.of(row, "published"))
    return Post(
        post_id=post_id or content_id(name, published.at, text),
        text=text,
        channel=None if channel is None else channel.shown,
        published=published.at,
        published_year_only=published.year_only,
        edited=_moment(bound.of(row, "edited")).at,
        media=_word(bound.of(row, "media")),
        forwarded_from=_word(bound.of(row, "forwarded_from")),
        url=_link(bound.of(row, "url")) or (channel.link(number) if channel and number else None),
        opening=opening,
        before=before,
    )


def _channel(name: str | None, aliases: Mapping[str, str]) -> Channel | None:
    if name is None:
        return None
    name = _TELEGRAM.sub("", name.strip()).strip("/") or name
    return Channel.of([name], None, aliases)


def _number(row: Mapping[str, Any], bound: Bound) -> str | None:
    """The number of a message, also out of ``channel-123`` or a link."""
    value = _word(bound.of(row, "message"))
    last = _LAST_NUMBER.search(value) if value is not None else None
    return last[1] if last is not None else None


def _post_id(
    row: Mapping[str, Any],
    bound: Bound,
    channel: Channel | None,
    number: str | None,
    *,
    is_passage: bool,
) -> str | None:
    """Channel and message number where the row tells both, else the id verbatim."""
    if number is not None:
        return number if channel is None else channel.post_id(number)
    given = _word(bound.of(row, "id"))
    if given is not None and given.isdecimal() and channel is not None and not is_passage:
        return channel.post_id(given)
    return given


def _text(value: Any) -> str | None:
    """A text, or a list of paragraphs as a text with blank lines; None for anything else."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n\n".join(item for item in value if item.strip())
    return None


def _word(value: Any) -> str | None:
    """A short value as text; None for nested ones."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    return None


def _moment(value: Any) -> Moment:
    return moment(float(value) if isinstance(value, Decimal) else value)


def _link(value: Any) -> str | None:
    is_web = isinstance(value, str) and value.startswith(("https://", "http://"))
    return value if is_web else None


def _is_service(row: Mapping[str, Any]) -> bool:
    return "MessageService" in {row.get("_"), row.get("_type")} if _plain(row) else False


def _plain(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("_"), str | None) and isinstance(row.get("_type"), str | None)
