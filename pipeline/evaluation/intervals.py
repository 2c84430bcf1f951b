"""Intervals, and the confidence interval of a proportion."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    low: float
    high: float


def wilson(
    count: float, n: float, design_effect: float = 1.0, *, simultaneous: int = 1
) -> Interval:
    """The 95% score interval of a proportion (Wilson 1927), for ``n / design_effect`` observations.

    Dividing by the design effect is the method for survey samples (Korn and Graubard 1998): ten
    paragraphs of one post carry less information than ten from ten posts. ``n`` must be positive.
    ``simultaneous`` is the number of intervals that must all hold in 95% of cases (Bonferroni),
    for readers who look at many proportions and pick two.
    """
    z = NormalDist().inv_cdf(1 - 0.05 / (2 * simultaneous))
    share = count / n
    size = n / design_effect
    centre = share + z**2 / (2 * size)
    half = z * sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    scale = 1 + z**2 / size
    # For proportions 0 and 1 the exact ends are 0 and 1; avoid rounding errors there.
    low = 0.0 if count == 0 else (centre - half) / scale
    high = 1.0 if count == n else (centre + half) / scale
    return Interval(max(0.0, low), min(1.0, high))
