"""Intervals for shares of paragraphs, when paragraphs come in posts."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import polars as pl


class Interval(NamedTuple):
    low: float
    high: float


def wilson(count: float, n: float, design_effect: float = 1.0, *, beside: int = 1) -> Interval:
    """The 95% score interval of a share (Wilson 1927), on ``n / design_effect`` observations.

    Dividing by the design effect is how survey samples are treated (Korn and Graubard 1998): ten
    paragraphs of one post tell less than ten of ten posts. ``n`` must be positive. Of as many
    intervals as ``beside`` says all hold at once in 95% of cases (Bonferroni): for whoever looks at
    many shares and picks two.
    """
    z = NormalDist().inv_cdf(1 - 0.05 / (2 * beside))
    share = count / n
    size = n / design_effect
    centre = share + z**2 / (2 * size)
    half = z * sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    scale = 1 + z**2 / size
    # The exact ends at 0 and 1 are 0 and 1; rounding must not leave them a hair outside.
    low = 0.0 if count == 0 else (centre - half) / scale
    high = 1.0 if count == n else (centre + half) / scale
    return Interval(max(0.0, low), min(1.0, high))


def design_effects(scores: pl.LazyFrame, columns: list[str]) -> dict[str, float]:
    """How much wider the variance of each boolean column's share is, since paragraphs share posts.

    Ratio of the linearised variance over posts to that of a simple random sample (Kish 1965,
    ch. 5), never below 1; 1 where a share is 0 or 1 or there is a single post.
    """
    posts = scores.group_by("post_id").agg(
        pl.len().cast(pl.Float64).alias("paragraphs"),
        *(pl.col(column).sum().cast(pl.Float64) for column in columns),
    )
    n, m = pl.col("paragraphs").sum(), pl.len()
    ratios = []
    for column in columns:
        share = pl.col(column).sum() / n
        residual = pl.col(column) - share * pl.col("paragraphs")
        clustered = m / (m - 1) * (residual**2).sum() / n**2
        ratios.append((clustered / (share * (1 - share) / n)).alias(column))
    row = posts.select(ratios).collect(engine="streaming").row(0, named=True)
    return {column: _at_least_one(row[column]) for column in columns}


def _at_least_one(value: float | None) -> float:
    # Division by zero gives NaN or infinity: a share of 0 or 1, or one post.
    return value if value is not None and 1.0 < value < float("inf") else 1.0
