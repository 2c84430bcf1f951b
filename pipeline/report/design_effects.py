"""How much less paragraphs tell than as many independent ones, since they come in posts."""

from __future__ import annotations

import polars as pl


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
