"""What is resampled as one: the components of the split."""

from __future__ import annotations

import polars as pl

# The domain of an evaluation on folds of our own corpus; outside files are named instead.
IN_DOMAIN = "in-domain"


def with_components(passages: pl.DataFrame, folds: pl.DataFrame) -> pl.DataFrame:
    """The passages with ``family`` replaced by their component of the split.

    Passages of one post share its author, topic and day, as near-duplicates do: with families
    alone, intervals are too narrow. ``passages`` has ``passage_id`` and ``family``, ``folds`` is
    the Folds table; a passage that it does not list keeps its family. A component is named after
    its smallest ``passage_id`` among these passages, so that the names do not depend on training
    passages that belong to it too.
    """
    named = (
        passages.select("passage_id")
        .unique()
        .join(folds.select("passage_id", "component"), "passage_id")
        .select("passage_id", unit=pl.col("passage_id").min().over("component"))
    )
    joined = passages.join(named, "passage_id", "left", maintain_order="left")
    return joined.with_columns(family=pl.coalesce("unit", "family")).drop("unit")
