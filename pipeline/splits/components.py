"""Components: passages linked by near-duplicate family, post or contrast group.

A component is never divided among folds.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.text.near_duplicates import families


def ties(
    passage_ids: list[str], paragraphs: pl.DataFrame, texts: pl.DataFrame, similarity: float
) -> pl.DataFrame:
    """The ties of each passage: ``passage_id``, ``kind``, ``key``; equal keys link passages.

    Kinds are ``family``, ``post`` and ``group``. A passage in several posts has several ties.
    Families are those of ``paragraphs``; if a passage has none there, families are computed from
    the texts as well.
    """
    wanted = pl.col("passage_id").is_in(passage_ids)
    in_posts, in_texts = paragraphs.filter(wanted), texts.filter(wanted)
    found = [
        _ties(in_posts, "family", "family"),
        _ties(in_posts, "post_id", "post"),
        _ties(in_texts, "post", "post", prefix="labels:"),
        _ties(in_texts, "group", "group"),
    ]
    without_family = set(passage_ids) - set(found[0]["passage_id"])
    if without_family:
        found.append(_computed_families(in_posts, in_texts, similarity))
    return pl.concat(found).unique()


def _ties(rows: pl.DataFrame, column: str, kind: str, prefix: str = "") -> pl.DataFrame:
    return rows.filter(pl.col(column).is_not_null()).select(
        "passage_id",
        kind=pl.lit(kind),
        key=pl.lit(prefix) + pl.col(column).cast(pl.String),
    )


def _computed_families(
    paragraphs: pl.DataFrame, texts: pl.DataFrame, similarity: float
) -> pl.DataFrame:
    both = (
        pl.concat([paragraphs.select("passage_id", "text"), texts.select("passage_id", "text")])
        .unique("passage_id", keep="first", maintain_order=True)
        .sort("passage_id")
    )
    ids = families(both["text"].to_list(), similarity=similarity)
    return _ties(both.with_columns(pl.Series("family", ids, pl.String)), "family", "family", "new:")


def components(passage_ids: list[str], tied: pl.DataFrame) -> list[str]:
    """The component of each passage, named after its smallest ``passage_id``."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    row_of = {key: row for row, key in enumerate(passage_ids)}
    keys = (tied["kind"] + "\x1f" + tied["key"]).to_list()
    column_of = {key: len(row_of) + i for i, key in enumerate(dict.fromkeys(keys))}
    rows = [row_of[key] for key in tied["passage_id"]]
    columns = [column_of[key] for key in keys]
    size = len(row_of) + len(column_of)
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    smallest: dict[int, str] = {}
    for key in sorted(passage_ids):
        smallest.setdefault(int(label[row_of[key]]), key)
    return [smallest[int(label[row_of[key]])] for key in passage_ids]
