"""Text that earlier rounds scored or dropped, so that an update takes only new text.

Scores never change: a post that was edited after it was scored keeps its rows, and the edited text
is dropped with its own reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.scoring.spool import Spool
from pipeline.tables import Dropped

EDITED = "edited_after_scoring"
_PASSAGE = ["post_id", "paragraph_id", "passage_id"]
_SCHEMA = pl.Schema(dict.fromkeys(_PASSAGE, pl.String))
# A later export has the same piece in another file.
_PIECE = ["post_id", "position", "start", "end", "text", "reason"]


@dataclass(frozen=True)
class EarlierRounds:
    """The files of the rounds before this one; none for the first round."""

    scores: Sequence[Path] = ()
    dropped: Sequence[Path] = ()

    def spool_known(
        self, spool: Spool, bucket_of: Callable[[pl.Series], NDArray[np.int64]]
    ) -> None:
        """Add every known post with its scored passages to its bucket."""
        for part in self.scores:
            rows = pl.read_parquet(part, columns=_PASSAGE)
            spool.add(rows, bucket_of(rows["post_id"]))
        for part in self.dropped:
            posts = pl.read_parquet(part, columns=["post_id"]).drop_nulls().unique()
            none = pl.lit(None, pl.String)
            rows = posts.with_columns(paragraph_id=none, passage_id=none)
            spool.add(rows, bucket_of(rows["post_id"]))
        spool.flush()

    def unseen(self, dropped: pl.DataFrame) -> pl.DataFrame:
        """The pieces that no earlier round has dropped."""
        if not self.dropped or dropped.is_empty():
            return dropped
        pieces = dropped.lazy().select(_PIECE).unique()
        before = pl.scan_parquet(list(self.dropped)).select(_PIECE)
        again = before.join(pieces, on=_PIECE, how="semi", nulls_equal=True).unique().collect()
        return dropped.join(again, on=_PIECE, how="anti", nulls_equal=True, maintain_order="left")


@dataclass(frozen=True)
class NewRows:
    """The new rows of one bucket: unknown posts, paragraphs to score, dropped pieces of edits."""

    posts: int
    paragraphs: pl.DataFrame
    edited: pl.DataFrame


def known_schema() -> pl.Schema:
    return _SCHEMA


def select_new(posts: pl.DataFrame, kept: pl.DataFrame, known: pl.DataFrame) -> NewRows:
    """Select the new rows of a bucket.

    A known post counts as edited if one of its scored passages is missing; none of it is scored
    again. A paragraph that was added to an otherwise unchanged post is new.

    Args:
        posts: the bucket's Posts; known posts that are not among them are ignored.
        kept: the Paragraphs of these posts.
        known: the bucket's rows from :meth:`EarlierRounds.spool_known`.
    """
    scored = known.drop_nulls("passage_id")
    changed = scored.join(kept, on=_PASSAGE, how="anti").select("post_id").unique()
    fresh = kept.join(scored, on=_PASSAGE, how="anti", maintain_order="left")
    return NewRows(
        posts=posts.join(known, on="post_id", how="anti").height,
        paragraphs=fresh.join(changed, on="post_id", how="anti", maintain_order="left"),
        edited=_as_dropped(
            fresh.join(changed, on="post_id", how="semi", maintain_order="left"), posts
        ),
    )


def _as_dropped(rows: pl.DataFrame, posts: pl.DataFrame) -> pl.DataFrame:
    origin = posts.select("post_id", "source_file")
    named = rows.join(origin, on="post_id", how="left", maintain_order="left")
    return named.with_columns(reason=pl.lit(EDITED)).select(Dropped.column_names())
