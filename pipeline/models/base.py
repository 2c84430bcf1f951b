"""The interface of every model.

    fitted = recipe.fit(train, dev)
    fitted.probabilities(passages)      # (n, outputs)
    fitted.save(folder)

A recipe holds settings, a fitted model makes predictions. Files are safetensors or JSON, never
pickle.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Protocol

import polars as pl

from pipeline.datasets.labeled_passages import LabeledPassages, Mask, Matrix

__all__ = ["Fitted", "LabeledPassages", "LoadMember", "Mask", "Matrix", "Recipe"]


class Fitted(Protocol):
    """A trained model."""

    kind: ClassVar[str]

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        """``(n, outputs)``, uncalibrated, from 0 to 1; ``passages`` as in LabeledPassages."""
        ...

    def save(self, folder: Path) -> None:
        """Write all files needed for loading to an existing, empty folder."""
        ...


# Loads a saved model by folder and kind; raises InputError if the folder is not such a model.
LoadMember = Callable[[Path, str], Fitted]


class Recipe(Protocol):
    """Settings of a model, from which it can be trained."""

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> Fitted:
        """Train on ``train``; ``dev`` is used only for early stopping."""
        ...
