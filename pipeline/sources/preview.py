"""What a file would be read as, before anything is done with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.sources.limits import Limits
from pipeline.sources.reading import read

_COLUMNS = re.compile(r"(\w+) from '((?:[^'\\]|\\.)*)'")
_ROWS = 3


@dataclass(frozen=True)
class Preview:
    """How a file is read.

    Attributes:
        path: the file.
        notes: what is to be known of it, a line each; of a table first which columns are taken for
            what and which are not found.
        columns: field → column of a table; empty for other kinds.
        not_found: fields that a table has no column for.
        rows: the first posts, as they would be scored.
        posts: how many there are (a copy within some thousand rows counts once).
        dropped: reason → how many.
        undated: posts without a time.
        unnamed: posts without a channel.
    """

    path: Path
    notes: tuple[str, ...]
    rows: pl.DataFrame
    posts: int
    undated: int
    unnamed: int
    columns: Mapping[str, str] = field(default_factory=dict)
    not_found: tuple[str, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)


def preview(
    path: Path,
    columns: Mapping[str, str | None],
    aliases: Mapping[str, str],
    limits: Limits | None = None,
) -> Preview:
    """Read the whole file and keep only what is shown; raises InputError as :func:`read` does."""
    rows: pl.DataFrame | None = None
    posts = undated = unnamed = 0
    dropped: Counter[str] = Counter()
    notes: list[str] = []
    for batch in read(path, columns, aliases, limits):
        posts += batch.posts.height
        undated += batch.posts["published"].null_count()
        unnamed += batch.posts["channel"].null_count()
        dropped.update(batch.dropped["reason"].to_list())
        notes += batch.notes
        rows = batch.posts.head(_ROWS) if rows is None or rows.is_empty() else rows
    taken, not_found = _columns(notes)
    return Preview(
        path,
        tuple(notes),
        batch_of_nothing() if rows is None else rows,
        posts,
        undated,
        unnamed,
        taken,
        not_found,
        dict(sorted(dropped.items())),
    )


def batch_of_nothing() -> pl.DataFrame:
    from pipeline.tables import Posts

    return Posts.create_empty()


def _columns(notes: list[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    for note in notes:
        told, _, missing = note.partition("; not found: ")
        if found := _COLUMNS.findall(told):
            return dict(found), tuple(filter(None, missing.split(", ")))
    return {}, ()
