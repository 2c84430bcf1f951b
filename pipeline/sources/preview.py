"""Previews how a file is read."""

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
        notes: messages about the file; for a table the first one lists its columns.
        columns: field → column of a table; empty for other kinds.
        not_found: fields without a column in a table.
        rows: the first posts, as they would be scored.
        posts: number of posts; copies are removed only within batches of some thousand rows.
        dropped: reason → number of dropped records.
        undated: number of posts without a time.
        unnamed: number of posts without a channel.
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
    """Read the whole file and summarise it; raises InputError as :func:`read` does."""
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
        listed, _, missing = note.partition("; not found: ")
        if found := _COLUMNS.findall(listed):
            return dict(found), tuple(filter(None, missing.split(", ")))
    return {}, ()
