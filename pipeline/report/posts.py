"""Scores → one row per post, the sampling unit of intervals and tests.

Paragraphs of one post resemble each other and are not independent.
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
    """Posts and their groups, such as channels.

    Attributes:
        group: ``(posts,)``, 0 … ``groups`` - 1.
        groups: number of groups.
        paragraphs: ``(posts,)``, paragraphs per post.
        counts: ``(posts, columns)``, paragraphs per post for which the column is true.
    """

    group: Numbers
    groups: int
    paragraphs: Float
    counts: Float

    @classmethod
    def of(cls, posts: pl.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> Strata:
        """Group a table of :func:`by_post` by the distinct values of ``keys``."""
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
        """``(groups,)``: posts per group."""
        return np.bincount(self.group, minlength=self.groups).astype(np.float64)

    def totals(self, values: Float) -> Float:
        """``(groups, …)`` sums of ``(posts, …)`` values."""
        sums = np.zeros((self.groups, *values.shape[1:]))
        np.add.at(sums, self.group, values)
        return sums

    def shares(self) -> Float:
        """``(groups, columns)``: share of paragraphs for which the column is true."""
        return self.totals(self.counts) / self.totals(self.paragraphs)[:, None]

    def residuals(self) -> Float:
        """``(posts, columns)``: a post's count minus its expectation from the group's share. They
        sum to 0 per group and linearise the ratio estimator (Kish 1965, ch. 6)."""
        return self.counts - self.shares()[self.group] * self.paragraphs[:, None]


def by_post(scores: pl.LazyFrame, columns: Sequence[str]) -> pl.DataFrame:
    """``post_id channel period language paragraphs`` and the sum of each boolean column.

    The language of a post is that of most of its paragraphs. ``scores`` needs a ``period`` column.
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
