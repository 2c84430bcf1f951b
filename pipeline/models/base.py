"""The one contract of every model.

    fitted = recipe.fit(train, dev)
    fitted.probabilities(passages)      # (n, outputs)
    fitted.save(folder)

A recipe holds settings and has learnt nothing; a fitted model answers. Files are safetensors or
JSON, never pickle.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Protocol

import polars as pl

from pipeline.datasets.labeled_passages import LabeledPassages, Mask, Matrix

__all__ = ["Fitted", "LabeledPassages", "LoadMember", "Mask", "Matrix", "Recipe"]


class Fitted(Protocol):
    """A model that has learnt."""

    kind: ClassVar[str]

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        """``(n, outputs)``, uncalibrated, each in 0 to 1; ``passages`` as in LabeledPassages."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything that loading needs into an existing, empty folder."""
        ...


# Reads what :meth:`Fitted.save` wrote, by folder and kind; raises InputError for another folder.
LoadMember = Callable[[Path, str], Fitted]


class Recipe(Protocol):
    """Settings of a model, ready to learn."""

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> Fitted:
        """Learn from ``train``; ``dev`` only decides when to stop."""
        ...
