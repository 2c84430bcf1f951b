"""What every engine offers."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from pipeline.models.base import Mask, Matrix


class Engine(Protocol):
    """Answers passages; what it says depends on the passages handed over and nothing else."""

    @property
    def name(self) -> str:
        """Goes into the ledger: shards of two engines are not mixed."""
        ...

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        """``(n, outputs)`` float32, calibrated; columns text, opening, before, language
        are read."""
        ...

    def forget(self) -> None:
        """Begin a shard: nothing that was read before it may shape its answers or save work."""
        ...

    def cut(self, passages: pl.DataFrame) -> Mask:
        """``(n,)``, True where a text is longer than the model reads."""
        ...
