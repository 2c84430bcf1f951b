"""What is split, how, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.codebook import Codebook


@dataclass(frozen=True)
class Material:
    """Labelled passages before they have a fold.

    Attributes:
        paragraphs: ``passage_id text language family post_id``.
        labels: the Labels table.
        texts: ``passage_id text post group voice``, and ``fold`` where folds came with the data.
    """

    paragraphs: pl.DataFrame
    labels: pl.DataFrame
    texts: pl.DataFrame
    codebook: Codebook

    @property
    def labelled(self) -> list[str]:
        """Ids of the passages that have both a label and a text, sorted."""
        return sorted(set(self.labels["passage_id"]).intersection(self.paragraphs["passage_id"]))


@dataclass(frozen=True)
class SplitSettings:
    """Shares are of passages, from 0 to 1.

    Attributes:
        family_similarity: from which passages count as near-duplicates.
        dev_voices: dev is what these voices say; drawn where there are none.
        extend_test: passages tied to the frozen test join it instead of being left out.
    """

    dev_share: float
    test_share: float
    family_similarity: float
    dev_voices: Sequence[str] = ()
    extend_test: bool = False


@dataclass(frozen=True)
class SplitResult:
    """Folds, what to freeze, and what to say.

    Attributes:
        folds: the Folds table, one row per labelled passage that has a paragraph, sorted by id.
        test_passages: all test passages, sorted, when some were drawn; None when the frozen file
            stays as it is, and for folds that came with the data.
        notes: what a researcher should know, one sentence each.
    """

    folds: pl.DataFrame
    test_passages: list[str] | None = None
    notes: tuple[str, ...] = ()
