"""An interval, and that of a share."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    low: float
    high: float


def wilson(count: float, n: float, design_effect: float = 1.0, *, beside: int = 1) -> Interval:
    """The 95% score interval of a share (Wilson 1927), on ``n / design_effect`` observations.

    Dividing by the design effect is how survey samples are treated (Korn and Graubard 1998): ten
    paragraphs of one post tell less than ten of ten posts. ``n`` must be positive. Of as many
    intervals as ``beside`` says all hold at once in 95% of cases (Bonferroni): for whoever looks at
    many shares and picks two.
    """
    z = NormalDist().inv_cdf(1 - 0.05 / (2 * beside))
    share = count / n
    size = n / design_effect
    centre = share + z**2 / (2 * size)
    half = z * sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    scale = 1 + z**2 / size
    # The exact ends at 0 and 1 are 0 and 1; rounding must not leave them a hair outside.
    low = 0.0 if count == 0 else (centre - half) / scale
    high = 1.0 if count == n else (centre + half) / scale
    return Interval(max(0.0, low), min(1.0, high))
