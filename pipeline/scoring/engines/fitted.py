"""An engine that asks a fitted model: as it was trained, or with converted encoders in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl

from pipeline.models.bag import BagModel
from pipeline.models.calibration import Calibration
from pipeline.models.contract import Fitted, Mask, Matrix
from pipeline.models.ensemble import EnsembleModel


@runtime_checkable
class CountsCut(Protocol):
    """A fitted model with a limit of length that can say whom it met."""

    def cut(self, passages: pl.DataFrame) -> Mask: ...


@dataclass(frozen=True)
class FittedEngine:
    """A fitted model and the calibration of its classifier."""

    name: str
    fitted: Fitted
    calibration: Calibration

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        return self.calibration.apply(self.fitted.probabilities(passages))

    def cut(self, passages: pl.DataFrame) -> Mask:
        result = np.zeros(passages.height, np.bool_)
        for model in _with_a_limit(self.fitted):
            result |= model.cut(passages)
        return result


def _with_a_limit(fitted: Fitted) -> Iterator[CountsCut]:
    if isinstance(fitted, BagModel):
        yield from _with_a_limit(fitted.inner)
    elif isinstance(fitted, EnsembleModel):
        for member in fitted.members:
            yield from _with_a_limit(member)
    elif isinstance(fitted, CountsCut):
        yield fitted
