"""Reading files of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl

from pipeline.errors import InputError
from pipeline.sources.channels import alias_table
from pipeline.sources.copies import latest, without_copies
from pipeline.sources.limits import Limits, said
from pipeline.sources.recognise import recognise, told
from pipeline.sources.records import Batch, Record, batches
from pipeline.sources.settings import Settings
from pipeline.tables import Dropped, Posts


def read(
    path: Path,
    columns: Mapping[str, str | None],
    aliases: Mapping[str, str],
    limits: Limits | None = None,
) -> Iterator[Batch]:
    """The posts of one file, a few thousand at a time, in constant memory.

    ``columns`` maps fields of a post to columns of a table (null: recognised by usual names), and
    says with ``collector``, ``date_order``, ``timezone`` and ``encoding`` how the file is read;
    ``aliases`` joins names of one channel: its number (``-100…`` or bare), username or title → the
    name that counts. Copies of a post within a batch count once; over batches and files call
    :func:`latest`. Raises InputError in one line for a file that is none of the supported kinds,
    empty, cut off, or lacks a column.
    """
    settings = Settings.of(columns, limits)
    source = recognise(path, settings)
    records = _within(told(source, alias_table(aliases)), path, settings.limits)
    for batch in batches(records, str(path)):
        posts, superseded = without_copies(batch.posts)
        yield Batch(posts, pl.concat([batch.dropped, superseded]), batch.notes)


def _within(records: Iterator[Record], path: Path, limits: Limits) -> Iterator[Record]:
    longest = limits.text_characters
    for record in records:
        if len(record.text) > longest:
            raise InputError(
                f"{path}: a text of more than {longest:,} characters, longer than any post, begins "
                f"{record.text[:40]!r}; {said('text_characters')}"
            )
        yield record


def read_all(
    paths: Iterable[Path],
    columns: Mapping[str, str | None],
    aliases: Mapping[str, str],
    limits: Limits | None = None,
    say: Callable[[str], object] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Posts [tables.Posts] and dropped [tables.Dropped] of all files, a post counting once; what
    is to be known of a file is told to ``say``."""
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
