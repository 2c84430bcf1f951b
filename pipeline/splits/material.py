"""Input, settings and result of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.codebook import Codebook


@dataclass(frozen=True)
class Material:
    """Labelled passages to be split.

    Attributes:
        paragraphs: ``passage_id text language family post_id``.
        labels: the Labels table.
        texts: ``passage_id text post group voice``, and ``fold`` if the data give folds.
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
    """Shares are fractions of all passages, from 0 to 1.

    Attributes:
        family_similarity: Jaccard similarity at which passages count as near-duplicates.
        dev_voices: voices whose passages make up dev; dev is drawn if empty.
        extend_test: passages tied to the frozen test join it instead of being left out.
    """

    dev_share: float
    test_share: float
    family_similarity: float
    dev_voices: Sequence[str] = ()
    extend_test: bool = False


@dataclass(frozen=True)
class SplitResult:
    """Folds, the test passages to freeze, and notes.

    Attributes:
        folds: the Folds table, one row per labelled passage that has a paragraph, sorted by id.
        test_passages: all test passages, sorted, if some were drawn; None if the frozen file
            needs no change, and for folds given in the data.
        notes: notes for the researcher, one sentence each.
    """

    folds: pl.DataFrame
    test_passages: list[str] | None = None
    notes: tuple[str, ...] = ()
