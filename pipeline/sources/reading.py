"""Reading files of any kind, and which of several copies of a post counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl

from pipeline.sources.recognise import recognise
from pipeline.sources.records import Batch, batches
from pipeline.tables import Dropped, Posts


def read(
    path: Path, columns: Mapping[str, str | None], aliases: Mapping[str, str]
) -> Iterator[Batch]:
    """The posts of one file, a few thousand at a time, in constant memory.

    ``columns`` maps fields of a post to columns of a table (null: recognised by usual names);
    ``aliases`` joins names of one channel. A post that comes twice in a batch counts once; over
    batches and files call :func:`latest`. Raises InputError in one line for a file that is none of
    the supported kinds, empty, cut off, or lacks a column.
    """
    source = recognise(path, columns)
    for batch in batches(source.records(aliases), str(path)):
        posts, superseded = latest(batch.posts)
        yield Batch(posts, pl.concat([batch.dropped, superseded]))


def read_all(
    paths: Iterable[Path], columns: Mapping[str, str | None], aliases: Mapping[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Posts [tables.Posts] and dropped [tables.Dropped] of all files, a post counting once."""
    posts: list[pl.DataFrame] = [Posts.create_empty()]
    dropped: list[pl.DataFrame] = [Dropped.create_empty()]
    for path in paths:
        for batch in read(path, columns, aliases):
            posts.append(batch.posts)
            dropped.append(batch.dropped)
    kept, superseded = latest(pl.concat(posts))
    return kept, pl.concat([*dropped, superseded])


def latest(posts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each post_id once: the latest edit wins, then the later row; and what that superseded.

    Kept rows stay in the order in which they came. Superseded rows are [tables.Dropped] with the
    reason ``superseded``.
    """
    numbered = posts.select("post_id", "edited").with_row_index("row")
    winners = numbered.sort("edited", "row", nulls_last=False).unique(
        "post_id", keep="last", maintain_order=True
    )
    wins = numbered["row"].is_in(winners["row"].implode())
    lost = posts.filter(~wins)
    superseded = lost.select(
        "post_id",
        pl.lit(None, pl.Int32).alias("position"),
        pl.lit(None, pl.Int64).alias("start"),
        pl.lit(None, pl.Int64).alias("end"),
        "text",
        pl.lit("superseded").alias("reason"),
        "source_file",
    )
    return posts.filter(wins), superseded
