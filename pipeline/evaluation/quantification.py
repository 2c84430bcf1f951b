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

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.stats import beta, qmc

from pipeline.models.error_rates import Float, Rates

# With this value 95% intervals held the share on real passages drawn at random; with all of dev
# counted they missed it in one case of five (`benchmarks/prevalence.py`).
WORTH_ELSEWHERE = 20.0
_POINTS = 13  # two to this power
_JEFFREYS = 0.5
_LEAST = 1e-12  # rates nearer than this are the same


@dataclass(frozen=True)
class Prevalence:
    """A corrected share and its interval, all from 0 to 1."""

    share: float
    low: float
    high: float


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
