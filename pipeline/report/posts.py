"""Scores → one row per post, which is what intervals and tests rest on.

Paragraphs of one post resemble each other, so what was drawn by chance is the post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Float = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Strata:
    """Posts with the group that each belongs to, such as its channel.

    Attributes:
        group: ``(posts,)``, 0 … ``groups`` - 1.
        groups: how many there are.
        paragraphs: ``(posts,)``.
        counts: ``(posts, columns)``, how many of a post's paragraphs have each column.
    """

    group: Numbers
    groups: int
    paragraphs: Float
    counts: Float

    @classmethod
    def of(cls, posts: pl.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> Strata:
        """``posts`` is that of :func:`by_post`; groups are the distinct values of ``keys``."""
        if keys and posts.height:
            order = posts.select(pl.struct(keys).rank("dense")).to_series()
            group = order.to_numpy().astype(np.int64) - 1
        else:
            group = np.zeros(posts.height, np.int64)
        return cls(
            group,
            int(group.max(initial=-1)) + 1,
            posts["paragraphs"].to_numpy().astype(np.float64),
            posts.select(columns).to_numpy().astype(np.float64).reshape(-1, len(columns)),
        )

    def sizes(self) -> Float:
        """Posts in each group."""
        return np.bincount(self.group, minlength=self.groups).astype(np.float64)

    def totals(self, values: Float) -> Float:
        """``(groups, …)`` sums of ``(posts, …)`` values."""
        sums = np.zeros((self.groups, *values.shape[1:]))
        np.add.at(sums, self.group, values)
        return sums

    def shares(self) -> Float:
        """``(groups, columns)``: each group's share of paragraphs with the column."""
        return self.totals(self.counts) / self.totals(self.paragraphs)[:, None]

    def residuals(self) -> Float:
        """``(posts, columns)``: a post's count less what its group's share lets expect. Their sum
        over a group is 0; its share varies as they do (linearised ratio, Kish 1965, ch. 6)."""
        return self.counts - self.shares()[self.group] * self.paragraphs[:, None]


def by_post(scores: pl.LazyFrame, columns: Sequence[str]) -> pl.DataFrame:
    """``post_id channel period language paragraphs`` and the sum of each boolean column.

    A post stands in the language of most of its paragraphs. ``scores`` has the column ``period``.
    """
    return (
        scores.group_by("post_id")
        .agg(
            pl.col("channel").min(),
            pl.col("period").min(),
            pl.col("language").mode().min(),
            pl.len().cast(pl.Int64).alias("paragraphs"),
            *(pl.col(column).sum().cast(pl.Int64) for column in columns),
        )
        .sort("post_id")
        .collect(engine="streaming")
    )
