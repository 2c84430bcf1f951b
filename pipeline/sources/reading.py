"""Reads files of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl

from pipeline.errors import InputError
from pipeline.sources.channels import alias_table
from pipeline.sources.copies import latest, without_copies
from pipeline.sources.limits import Limits, limit_hint
from pipeline.sources.recognise import recognise, records_of
from pipeline.sources.records import Batch, Record, batches
from pipeline.sources.settings import Settings
from pipeline.tables import Dropped, Posts


def read(
    path: Path,
    columns: Mapping[str, str | None],
    aliases: Mapping[str, str],
    limits: Limits | None = None,
) -> Iterator[Batch]:
    """The posts of one file in batches of a few thousand, in constant memory.

    ``columns`` maps fields of a post to columns of a table (None: recognised by usual names), and
    has the settings ``collector``, ``date_order``, ``timezone`` and ``encoding``. ``aliases`` maps
    a channel's number (``-100…`` or bare), username or title to one name. Copies of a post are
    removed within a batch; for several batches and files use :func:`latest`. Raises InputError if
    the file is unsupported, empty, truncated, or lacks a column.
    """
    settings = Settings.of(columns, limits)
    source = recognise(path, settings)
    records = _within(records_of(source, alias_table(aliases)), path, settings.limits)
    for batch in batches(records, str(path)):
        posts, superseded = without_copies(batch.posts)
        yield Batch(posts, pl.concat([batch.dropped, superseded]), batch.notes)


def _within(records: Iterator[Record], path: Path, limits: Limits) -> Iterator[Record]:
    longest = limits.text_characters
    for record in records:
        if len(record.text) > longest:
            raise InputError(
                f"{path}: a text of more than {longest:,} characters, longer than any post, begins "
                f"{record.text[:40]!r}; {limit_hint('text_characters')}"
            )
        yield record


def read_all(
    paths: Iterable[Path],
    columns: Mapping[str, str | None],
    aliases: Mapping[str, str],
    limits: Limits | None = None,
    say: Callable[[str], object] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Posts [tables.Posts] without copies and dropped records [tables.Dropped] of all files; notes
    about files are passed to ``say``."""
    posts: list[pl.DataFrame] = [Posts.create_empty()]
    dropped: list[pl.DataFrame] = [Dropped.create_empty()]
    for path in paths:
        for batch in read(path, columns, aliases, limits):
            posts.append(batch.posts)
            dropped.append(batch.dropped)
            if say is not None:
                for note in batch.notes:
                    say(note)
    kept, superseded = latest(pl.concat(posts))
    return kept, pl.concat([*dropped, superseded])
