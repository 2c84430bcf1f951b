"""Error rates of a classifier on coded passages: sensitivity and false alarm rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Rates:
    """How often a classifier decides present for passages that are present, and for absent ones.

    ``of_present`` and ``of_absent`` are effective numbers of passages: passages of one family carry
    less information than as many independent ones.
    """

    sensitivity: float
    of_present: float
    false_alarms: float
    of_absent: float


def measure_rates(soft: Float, predicted: Float, family: Sequence[str]) -> Rates | None:
    """Error rates of one frame on n coded passages; None if none is present or none is absent.

    ``soft`` is the share of coders who found the frame (borderline counts half); such a passage
    counts partly as present and partly as absent. ``predicted`` is 1 for the decision present.
    """
    present, absent = (clustered_rate(weight, predicted, family) for weight in (soft, 1 - soft))
    if present is None or absent is None:
        return None
    return Rates(*present, *absent)


def clustered_rate(
    weight: Float, predicted: Float, family: Sequence[str]
) -> tuple[float, float] | None:
    """The weighted mean of ``predicted``, and the effective number of passages.

    The effective number is the sum of weights divided by the design effect of families (Kish 1965,
    ch. 5), at most the sum. None if the weights sum to less than 1.
    """
    total = float(weight.sum())
    if total < 1.0:
        return None
    names, numbers = np.unique(np.array(family, str), return_inverse=True)
    families = len(names)
    rate = float((weight * predicted).sum() / total)
    residual = np.bincount(numbers, weight * (predicted - rate), families)
    simple = rate * (1 - rate) / total
    clustered = families / max(1, families - 1) * float((residual**2).sum()) / total**2
    effect = clustered / simple if simple > 0 else 1.0
    return rate, total / max(1.0, effect)


def to_json(rates: Mapping[str, Rates | None]) -> dict[str, dict[str, float]]:
    """The known rates by frame."""
    return {frame: dict(vars(found)) for frame, found in rates.items() if found is not None}


def from_json(raw: Mapping[str, Any] | None) -> dict[str, Rates]:
    """The inverse of :func:`to_json`; empty for models without error rates."""
    return {frame: Rates(**{k: float(v) for k, v in x.items()}) for frame, x in (raw or {}).items()}
