"""The one contract of every model.

    fitted = recipe.fit(train, dev)
    fitted.probabilities(passages)      # (n, outputs)
    fitted.save(folder)

A recipe holds settings and has learnt nothing; a fitted model answers. Files are safetensors, JSON
or skops, never pickle.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CodedPassages:
    """Passages with their adjudicated answers, row by row.

    Attributes:
        passages: columns ``passage_id text opening before language family`` and others, n rows.
        soft: ``(n, outputs)`` float32, the share of coders behind each output (borderline half).
        asked: ``(n, outputs)`` bool, False where the question was not asked or is contested.
        answers: ``(n, questions)`` of str (object array); ``""`` where not asked or contested.
    """

    passages: pl.DataFrame
    soft: Matrix
    asked: Mask
    answers: NDArray[np.object_]

    def __len__(self) -> int:
        return self.passages.height

    def take(self, rows: NDArray[np.int64]) -> CodedPassages:
        """The rows at these positions, in this order."""
        return CodedPassages(
            self.passages[rows], self.soft[rows], self.asked[rows], self.answers[rows]
        )


class Fitted(Protocol):
    """A model that has learnt."""

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        """``(n, outputs)``, uncalibrated, each in 0 to 1; ``passages`` as in CodedPassages."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything that loading needs into an existing, empty folder."""
        ...


class Recipe(Protocol):
    """Settings of a model, ready to learn."""

    def fit(self, train: CodedPassages, dev: CodedPassages) -> Fitted:
        """Learn from ``train``; ``dev`` only decides when to stop."""
        ...
