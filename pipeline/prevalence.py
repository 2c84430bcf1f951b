"""The share of passages with a frame, corrected for the mistakes of the classifier that looked.

A classifier that misses a part of what is there and sees a part of what is not finds a share
``q = s·p + f·(1 − p)``, with ``s`` its sensitivity and ``f`` its share of false alarms. Solved for
``p`` that is the adjusted count (Rogan and Gladen 1978; Forman 2008); here ``p`` is inferred
together with ``s`` and ``f`` (Gelman and Carpenter 2020), since plain arithmetic turns a share
below the false alarms into a sure 0.

``s`` and ``f`` are known from coded passages only, and they change from one kind of text to
another. Rates measured elsewhere (on our written dev passages) therefore count as no more than
:data:`WORTH_ELSEWHERE` coded passages here, however many they were measured on; rates measured on
a coded sample of the very channel count in full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, qmc

Float = NDArray[np.float64]

# With this value 95% intervals held the share on real passages drawn at random; with all of dev
# counted they missed it in one case of five (`benchmarks/prevalence.py`).
WORTH_ELSEWHERE = 20.0
_POINTS = 13  # two to this power
_JEFFREYS = 0.5
_LEAST = 1e-12  # rates nearer than this are the same


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


@dataclass(frozen=True)
class Prevalence:
    """A corrected share and its interval, all from 0 to 1."""

    share: float
    low: float
    high: float


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


def corrected(
    count: float,
    n: float,
    *,
    elsewhere: Rates | None,
    local: Rates | None = None,
    design_effect: float = 1.0,
    confidence: float = 0.95,
) -> Prevalence | None:
    """The share behind ``count`` of ``n`` passages found present; None where no rates are known.

    The posterior of the share, uniform before anything was seen, over what the rates may be (each
    with Jeffreys' prior): its middle, and its middle ``confidence``. Found passages count by
    ``design_effect``, since paragraphs of one post resemble each other.

    It is integrated over fixed quasi-random points (Sobol 1967): given the rates, the share found
    has a beta posterior between them, and so the share itself needs no grid that a large ``n``
    would fall through.
    """
    known = [(rates, worth) for rates, worth in ((elsewhere, WORTH_ELSEWHERE), (local, np.inf))
             if rates is not None]  # fmt: skip
    if not known or not n:
        return None
    first, second, third = _points()
    sensitivity = _posterior([(r.sensitivity, min(r.of_present, worth)) for r, worth in known])
    false_alarms = _posterior([(r.false_alarms, min(r.of_absent, worth)) for r, worth in known])
    # Squared: of a rare frame only few false alarms can be true, so more points stand there.
    s, f = sensitivity.ppf(first), false_alarms.ppf(second**2)
    weight, found = _between(
        np.minimum(s, f), np.maximum(s, f), third,
        beta(1 + count / design_effect, 1 + (n - count) / design_effect),
    )  # fmt: skip
    share = np.clip((found - f) / np.where(s == f, 1.0, s - f), 0.0, 1.0)
    tail = (1 - confidence) / 2
    low, middle, high = _quantiles(share, weight * second, [tail, 0.5, 1 - tail])
    return Prevalence(middle, low, high)


def to_json(rates: Mapping[str, Rates | None]) -> dict[str, dict[str, float]]:
    """By frame, those that are known."""
    return {frame: dict(vars(found)) for frame, found in rates.items() if found is not None}


def from_json(raw: Mapping[str, Any] | None) -> dict[str, Rates]:
    """What :func:`to_json` wrote; empty for models that kept no error rates."""
    return {frame: Rates(**{k: float(v) for k, v in x.items()}) for frame, x in (raw or {}).items()}


@cache
def _points() -> Float:
    """``(3, points)``, spread evenly over the unit cube; the same ones every time."""
    points: Float = qmc.Sobol(3, rng=0).random_base2(_POINTS).T
    return points


def _posterior(shares: Sequence[tuple[float, float]]) -> Any:
    """The beta distribution of a share that was seen as ``(share, in so many)``."""
    yes = sum(share * size for share, size in shares)
    no = sum((1 - share) * size for share, size in shares)
    return beta(max(0.0, yes) + _JEFFREYS, max(0.0, no) + _JEFFREYS)


def _between(low: Float, high: Float, level: Float, found: Any) -> tuple[Float, Float]:
    """How likely each pair of rates made what was found, and the quantile ``level`` of the share
    found between them. Pairs that cannot have made it weigh nothing; if none can, all weigh the
    same and the share found is what it is."""
    below, above = found.cdf(low), found.cdf(high)
    weight = (above - below) / np.maximum(high - low, _LEAST)
    if not weight.any():
        return np.ones_like(level), np.full_like(level, found.mean())
    return weight, found.ppf(below + level * (above - below))


def _quantiles(values: Float, weights: Float, levels: list[float]) -> list[float]:
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) - weights[order] / 2
    quantiles: list[float] = np.interp(levels, reached / weights.sum(), values[order]).tolist()
    return quantiles
