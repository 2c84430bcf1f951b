"""An engine that asks a fitted model: as it was trained, or with converted encoders in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl

from pipeline.models.base import Fitted, Mask, Matrix
from pipeline.models.calibration import Calibration
from pipeline.models.ensemble import EnsembleModel
from pipeline.models.sentence_pooling import SentencePoolingModel


@runtime_checkable
class CountsCut(Protocol):
    """A fitted model with a limit of length that can say whom it met."""

    def cut(self, passages: pl.DataFrame) -> Mask: ...


@runtime_checkable
class Remembers(Protocol):
    """A fitted model that answers what it has read before from memory."""

    def forget(self) -> None: ...


@dataclass(frozen=True)
class FittedEngine:
    """A fitted model and the calibration of its classifier."""

    name: str
    fitted: Fitted
    calibration: Calibration

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        return self.calibration.apply(self.fitted.probabilities(passages))

    def forget(self) -> None:
        for model in _members(self.fitted):
            if isinstance(model, Remembers):
                model.forget()

    def cut(self, passages: pl.DataFrame) -> Mask:
        result = np.zeros(passages.height, np.bool_)
        for model in _members(self.fitted):
            if isinstance(model, CountsCut):
                result |= model.cut(passages)
        return result


def _members(fitted: Fitted) -> Iterator[Fitted]:
    """The models that read, below those that only combine what others say."""
    if isinstance(fitted, SentencePoolingModel):
        yield from _members(fitted.inner)
    elif isinstance(fitted, EnsembleModel):
        for member in fitted.members:
            yield from _members(member)
    else:
        yield fitted
