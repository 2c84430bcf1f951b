"""An engine that runs a fitted model, as trained or with converted encoders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl

from pipeline.models.base import Fitted, Mask, Matrix
from pipeline.models.calibration import Calibration
from pipeline.models.ensemble import EnsembleModel
from pipeline.models.involved_stances import InvolvedStancesModel
from pipeline.models.sentence_pooling import SentencePoolingModel


@runtime_checkable
class ReportsTruncation(Protocol):
    """A fitted model that reports which texts it truncates."""

    def is_truncated(self, passages: pl.DataFrame) -> Mask: ...


@runtime_checkable
class ClearsCache(Protocol):
    """A fitted model that caches outputs."""

    def clear_cache(self) -> None: ...


@dataclass(frozen=True)
class FittedEngine:
    """A fitted model and the calibration of its classifier."""

    name: str
    fitted: Fitted
    calibration: Calibration

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        return self.calibration.apply(self.fitted.probabilities(passages))

    def clear_cache(self) -> None:
        for model in _members(self.fitted):
            if isinstance(model, ClearsCache):
                model.clear_cache()

    def is_truncated(self, passages: pl.DataFrame) -> Mask:
        result = np.zeros(passages.height, np.bool_)
        for model in _members(self.fitted):
            if isinstance(model, ReportsTruncation):
                result |= model.is_truncated(passages)
        return result


def _members(fitted: Fitted) -> Iterator[Fitted]:
    """The models that read text, without those that only combine other models."""
    if isinstance(fitted, InvolvedStancesModel | SentencePoolingModel):
        yield from _members(fitted.inner)
    elif isinstance(fitted, EnsembleModel):
        for member in fitted.members:
            yield from _members(member)
    else:
        yield fitted
