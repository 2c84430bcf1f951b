"""The interface of every engine."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from pipeline.models.base import Mask, Matrix


class Engine(Protocol):
    """Computes probabilities that depend only on the passages of a call."""

    @property
    def name(self) -> str:
        """Recorded in the ledger, since shards of different engines are not mixed."""
        ...

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        """``(n, outputs)`` float32, calibrated, from the columns text, opening, before and
        language."""
        ...

    def clear_cache(self) -> None:
        """Clear cached outputs before a shard, since they would affect its batches."""
        ...

    def is_truncated(self, passages: pl.DataFrame) -> Mask:
        """``(n,)``, True where a text is longer than the model reads."""
        ...
