"""Reads the passages in the files of any collector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.datasets.corpus import LabelsFolder

PASSAGE = ("passage_id", "text", "opening", "before", "language", "post", "position")


def passages_of_files(
    paths: Sequence[Path], labels: LabelsFolder, *, min_characters: int, item_characters: int
) -> pl.DataFrame:
    """The passages in collectors' files, each once, sorted by id; columns are :data:`PASSAGE`.

    Tables are read with the columns and aliases of ``labels``.
    """
    from pipeline import sources
    from pipeline.text.segmentation import segment

    posts, _ = sources.read_all(
        sources.expand([str(path) for path in paths]), labels.columns, labels.aliases, labels.limits
    )
    kept, _ = segment(posts, min_characters=min_characters, item_characters=item_characters)
    return (
        kept.rename({"post_id": "post"})
        .sort("passage_id", "paragraph_id")
        .unique("passage_id", keep="first", maintain_order=True)
        .select(PASSAGE)
    )
