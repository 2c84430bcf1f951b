"""Coefficients of agreement from counts of answers: Krippendorff's alpha and Gwet's AC1.

Arrays of counts are ``(units, values)``: the number of coders per answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RELIABLE, TENTATIVE = 0.8, 2 / 3
UNDEFINED = "undefined: all answers are the same"
UNDECIDED = "undecided: the interval crosses 0.667"
NOT_RELIABLE = "not reliable"


@dataclass(frozen=True)
class Estimate:
    """A coefficient with its interval; None if undefined."""

    point: float | None
    low: float | None
    high: float | None

    @property
    def reading(self) -> str:
        """Interpretation after Krippendorff.

        Answers are reliable from 0.8 on, and allow tentative conclusions from 0.667 on. If the
        interval reaches below 0.667 the reading is undecided.
        """
        if self.point is None:
            return UNDEFINED
        if self.point < TENTATIVE:
            return NOT_RELIABLE
        if self.low is None or self.low < TENTATIVE:
            return UNDECIDED
        return "reliable" if self.point >= RELIABLE else "tentative"


NOTHING = Estimate(None, None, None)


def krippendorff(coincidences: Floats, level: str) -> Floats:
    """Alpha of each ``(values, values)`` matrix in a stack; NaN if all answers are the same.

    1 - (n - 1) Σ o_ck δ²_ck / Σ n_c n_k δ²_ck (Krippendorff 2011, section E), where δ² is 0 or 1
    for ``nominal`` and (Σ_{g=c..k} n_g - (n_c + n_k) / 2)² for ``ordinal``, values in order.
    """
    size = coincidences.shape[1]
    marginals = coincidences.sum(axis=2)
    if level == "ordinal":
        middle = marginals.cumsum(axis=1) - marginals / 2
        distance = (middle[:, :, None] - middle[:, None, :]) ** 2
    else:
        distance = np.broadcast_to(1.0 - np.eye(size), coincidences.shape)
    observed = (coincidences * distance).sum(axis=(1, 2))
    expected = (marginals[:, :, None] * marginals[:, None, :] * distance).sum(axis=(1, 2))
    total = marginals.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha: Floats = 1 - (total - 1) * observed / expected
    return np.where(expected > 0, alpha, np.nan)


def unit_coincidences(counts: Floats) -> Floats:
    """``(units, values, values)`` from ``(units, values)`` counts, at least two per row.

    Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: a pair of answers
    in a unit of m answers counts 1 / (m - 1).
    """
    answers = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    values = np.arange(counts.shape[1])
    pairs[:, values, values] -= counts
    result: Floats = pairs / (answers - 1)[:, None, None]
    return result


def coincidences_across(first: Floats, second: Floats) -> Floats:
    """``(units, values, values)``: coincidences of answers between two groups of coders.

    Each of the a·b pairs in a unit with a and b answers counts 1 / (a·b), in both directions, so
    that units have equal weight. With one coder per group it is Krippendorff's matrix.
    """
    pairs = first[:, :, None] * second[:, None, :]
    pairs = pairs / (first.sum(axis=1) * second.sum(axis=1))[:, None, None]
    result: Floats = pairs + pairs.transpose(0, 2, 1)
    return result


def gwet(counts: Floats, times: Floats) -> Floats:
    """AC1 per row of ``times`` ``(draws, units)``, the multiplicity of units; NaN without pairs.

    Gwet (2008), "Computing inter-rater reliability and its variance in the presence of high
    agreement", with missing answers as in his Handbook (2014, chapter 5):
    (p_a - p_e) / (1 - p_e), where p_a is the mean share of agreeing pairs in units with at least
    two answers, p_e = Σ π_k (1 - π_k) / (q - 1), and π_k the mean share of answer k in all units.
    Unlike alpha it does not fall to 0 if nearly all answers are the same.
    """
    answers = counts.sum(axis=1)
    paired = answers >= 2
    agreeing = np.zeros(len(counts))
    m = answers[paired]
    agreeing[paired] = (counts[paired] * (counts[paired] - 1)).sum(axis=1) / (m * (m - 1))
    shares = times @ (counts / answers[:, None]) / times.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = times @ agreeing / (times @ paired)
        by_chance = (shares * (1 - shares)).sum(axis=1) / (counts.shape[1] - 1)
        found: Floats = (observed - by_chance) / (1 - by_chance)
    return found


def bootstrap(
    times: NDArray[np.int64],
    coefficient: Callable[[Floats], Floats],
    samples: int,
    confidence: float,
    rng: np.random.Generator,
) -> Estimate:
    """Point estimate and percentile bootstrap interval over units.

    ``times``: number of units per pattern of answers; ``coefficient`` takes ``(draws, patterns)``
    of such numbers.
    """
    units = int(times.sum())
    if units == 0:
        return NOTHING
    point = float(coefficient(times[None, :].astype(np.float64))[0])
    if np.isnan(point):
        return NOTHING
    drawn = coefficient(rng.multinomial(units, times / units, size=samples).astype(np.float64))
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return Estimate(point, None, None)
    tail = (1 - confidence) / 2
    low, high = (float(q) for q in np.quantile(drawn, [tail, 1 - tail]))
    return Estimate(point, low, high)
