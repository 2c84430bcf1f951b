"""How often a classifier errs on coded passages: what it misses and what it sees wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Rates:
    """How often a classifier says "present" of passages that are, and of those that are not.

    ``of_present`` and ``of_absent`` are effective numbers of passages: passages of one family tell
    less than as many of different ones.
    """

    sensitivity: float
    of_present: float
    false_alarms: float
    of_absent: float


def measure_rates(soft: Float, said: Float, family: Sequence[str]) -> Rates | None:
    """Error rates of one frame on n coded passages; None where none is present or none absent.

    ``soft`` is the share of coders behind it (borderline half): such a passage is partly one and
    partly the other. ``said`` is 1 where the classifier said present.
    """
    present, absent = (clustered_rate(weight, said, family) for weight in (soft, 1 - soft))
    if present is None or absent is None:
        return None
    return Rates(*present, *absent)


def clustered_rate(weight: Float, said: Float, family: Sequence[str]) -> tuple[float, float] | None:
    """The weighted share said, and the number of independent passages that it is worth.

    That number is the sum of weights over the design effect of families (Kish 1965, ch. 5), never
    more than the sum. None where the weights sum to less than one passage.
    """
    total = float(weight.sum())
    if total < 1.0:
        return None
    names, numbers = np.unique(np.array(family, str), return_inverse=True)
    families = len(names)
    rate = float((weight * said).sum() / total)
    residual = np.bincount(numbers, weight * (said - rate), families)
    simple = rate * (1 - rate) / total
    clustered = families / max(1, families - 1) * float((residual**2).sum()) / total**2
    effect = clustered / simple if simple > 0 else 1.0
    return rate, total / max(1.0, effect)


def to_json(rates: Mapping[str, Rates | None]) -> dict[str, dict[str, float]]:
    """By frame, those that are known."""
    return {frame: dict(vars(found)) for frame, found in rates.items() if found is not None}


def from_json(raw: Mapping[str, Any] | None) -> dict[str, Rates]:
    """What :func:`to_json` wrote; empty for models that kept no error rates."""
    return {frame: Rates(**{k: float(v) for k, v in x.items()}) for frame, x in (raw or {}).items()}
