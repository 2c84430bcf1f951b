"""What answers: one contract for every way of running a model.

The reference is the classifier as it was trained. A faster engine has to keep the contract and the
decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl

from pipeline.models.classifier import Classifier
from pipeline.models.contract import Fitted, Mask, Matrix


class Engine(Protocol):
    """Answers passages; what it says depends on the passages handed over and nothing else."""

    @property
    def name(self) -> str:
        """Goes into the ledger: shards of two engines are not mixed."""
        ...

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        """``(n, outputs)`` float32, calibrated; columns text, opening, before are read."""
        ...

    def cut(self, passages: pl.DataFrame) -> Mask:
        """``(n,)``, True where a text is longer than the model reads."""
        ...


@runtime_checkable
class CountsCut(Protocol):
    """A fitted model with a limit of length that can say whom it met."""

    def cut(self, passages: pl.DataFrame) -> Mask: ...


@dataclass(frozen=True)
class ReferenceEngine:
    """The classifier itself, in the library it was trained with."""

    classifier: Classifier

    @property
    def name(self) -> str:
        return "torch"

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        return self.classifier.answer(passages).probabilities

    def cut(self, passages: pl.DataFrame) -> Mask:
        result = np.zeros(passages.height, np.bool_)
        for model in _with_a_limit(self.classifier.fitted):
            result |= model.cut(passages)
        return result


def _with_a_limit(fitted: Fitted) -> Iterator[CountsCut]:
    from pipeline.models.bag import BagModel
    from pipeline.models.ensemble import EnsembleModel

    if isinstance(fitted, BagModel):
        yield from _with_a_limit(fitted.inner)
    elif isinstance(fitted, EnsembleModel):
        for member in fitted.members:
            yield from _with_a_limit(member)
    elif isinstance(fitted, CountsCut):
        yield fitted
