"""The share of passages with a frame, corrected for the classifier's errors.

If the true share is ``p``, a classifier with sensitivity ``s`` and false alarm rate ``f`` finds the
share ``q = s·p + f·(1 − p)``. Solving for ``p`` gives the adjusted count (Rogan and Gladen 1978;
Forman 2008). Here ``p`` is inferred jointly with ``s`` and ``f`` (Gelman and Carpenter 2020), since
the adjusted count gives exactly 0, without uncertainty, for every ``q`` below ``f``.

``s`` and ``f`` are known only from coded passages, and they differ between kinds of text. Rates
measured elsewhere (on our written dev passages) therefore count as at most
:data:`WORTH_ELSEWHERE` coded passages, regardless of how many they were measured on. Rates measured
on a coded sample of the same channel count in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.stats import beta, qmc

from pipeline.models.error_rates import Float, Rates

# With this value 95% intervals contained the share for randomly drawn real passages; with all dev
# passages counted they missed it in one case out of five (`benchmarks/prevalence.py`).
WORTH_ELSEWHERE = 20.0
_POINTS = 13  # log2 of the number of integration points
_JEFFREYS = 0.5
_LEAST = 1e-12  # smallest difference between rates; avoids division by zero


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
    """The true share if ``count`` of ``n`` passages were found present; None without known rates.

    The result is the median and the central ``confidence`` interval of the posterior of the share,
    with a uniform prior on the share and Jeffreys' prior on each rate. Counts are divided by
    ``design_effect``, since paragraphs of one post resemble each other.

    The rates are integrated over fixed quasi-random points (Sobol 1967). Given the rates, the
    found share has a beta posterior truncated to the range between them, so the share itself needs
    no grid, which would be too coarse for large ``n``.
    """
    known = [(rates, worth) for rates, worth in ((elsewhere, WORTH_ELSEWHERE), (local, np.inf))
             if rates is not None]  # fmt: skip
    if not known or not n:
        return None
    first, second, third = _points()
    sensitivity = _posterior([(r.sensitivity, min(r.of_present, worth)) for r, worth in known])
    false_alarms = _posterior([(r.false_alarms, min(r.of_absent, worth)) for r, worth in known])
    # Squared, for more points at low false alarm rates: a rare frame allows no others.
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
    """``(3, points)``: fixed points spread evenly over the unit cube."""
    points: Float = qmc.Sobol(3, rng=0).random_base2(_POINTS).T
    return points


def _posterior(shares: Sequence[tuple[float, float]]) -> Any:
    """The beta posterior of a proportion observed as pairs ``(share, number of observations)``."""
    yes = sum(share * size for share, size in shares)
    no = sum((1 - share) * size for share, size in shares)
    return beta(max(0.0, yes) + _JEFFREYS, max(0.0, no) + _JEFFREYS)


def _between(low: Float, high: Float, level: Float, found: Any) -> tuple[Float, Float]:
    """The likelihood weight of each pair of rates, and the quantile ``level`` of the found share
    between them.

    Pairs of rates that exclude the found share have weight 0. If all pairs do, weights are equal
    and the found share is its mean.
    """
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
