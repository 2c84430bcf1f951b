"""Estimates of shares in a population of passages from a coded probability sample.

The population is divided into strata of passages with equal inclusion probability. Each stratum is
estimated separately and weighted by its size (Horvitz & Thompson 1952); intervals of strata are
combined by the method of variance estimates recovery (Zou & Donner 2008), which keeps them in the
possible range for rare frames.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.intervals import wilson

Floats = NDArray[np.float64]
_Z = NormalDist().inv_cdf(0.975)
_DRAWS = 4000


@dataclass(frozen=True)
class Share:
    """An estimate with its 95% interval, all from 0 to 1."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Stratum:
    """``size`` passages of the population; those in ``answered`` were drawn and coded."""

    size: int
    answered: tuple[str, ...]

    @property
    def census(self) -> bool:
        """Whether all passages were coded, so that there is no sampling error."""
        return len(self.answered) >= self.size

    @property
    def uncoded_share(self) -> float:
        """The share of uncoded passages: the finite population correction."""
        return max(0.0, 1 - len(self.answered) / self.size)


def strata(
    inclusion: Mapping[str, float], population: int, answered: Collection[str]
) -> list[Stratum]:
    """Group passages by inclusion probability; passages that were drawn but not coded count as
    missing at random in their stratum. Strata without coded passages are left out."""
    certain = sum(p == 1.0 for p in inclusion.values())
    drawn = sorted({p for p in inclusion.values() if p < 1.0})
    found = []
    for p in (*drawn, 1.0):
        own = [key for key, of_key in inclusion.items() if of_key == p]
        if p == 1.0:
            size = len(own)
        else:
            size = population - certain if len(drawn) == 1 else round(len(own) / p)
        coded = tuple(sorted(key for key in own if key in answered))
        if coded:
            found.append(Stratum(max(size, len(coded)), coded))
    return found


def by_people(design: Sequence[Stratum], coded: Mapping[str, float]) -> Share:
    """The design-weighted share of 1 in people's codes (0 and 1)."""

    def in_stratum(stratum: Stratum) -> Share:
        found = np.array([coded[key] for key in stratum.answered])
        if stratum.census:
            return Share(*[float(found.mean())] * 3)
        low, high = wilson(float(found.sum()), len(found), stratum.uncoded_share)
        return Share(float(found.mean()), low, high)

    return _joined(design, in_stratum)


def corrected(
    design: Sequence[Stratum],
    coded: Mapping[str, float],
    predicted: Mapping[str, float],
    predicted_share: float,
) -> Share:
    """The model's share in the population, minus its mean error in the sample.

    Design-based supervised learning (Egami et al. 2023): the mean of ŷ + (y - ŷ) R / π. With equal
    probabilities it is prediction-powered inference (Angelopoulos et al. 2023). The estimate is
    unbiased for any model; better models give narrower intervals. The interval of the mean
    difference in a stratum is that of paired proportions with half an observation added to each
    cell (Agresti & Min 2005), which is also valid with few or no mistakes.
    """

    def in_stratum(stratum: Stratum) -> Share:
        difference = np.array([coded[key] - predicted[key] for key in stratum.answered])
        mean = float(difference.mean())
        if stratum.census:
            return Share(mean, mean, mean)
        n = len(difference) + 2
        missed, invented = (difference > 0).sum(), (difference < 0).sum()
        centre = float(missed - invented) / n
        variance = (float(missed + invented + 1) - n * centre**2) / n**2 * stratum.uncoded_share
        half = _Z * sqrt(max(variance, 0.0))
        return Share(mean, min(mean, centre - half), max(mean, centre + half))

    off = _joined(design, in_stratum)
    low, high = (min(1.0, max(0.0, predicted_share + end)) for end in (off.low, off.high))
    return Share(min(1.0, max(0.0, predicted_share + off.share)), low, high)


def f1(
    design: Sequence[Stratum],
    coded: Mapping[str, float],
    predicted: Mapping[str, float],
    predicted_share: float,
) -> Share | None:
    """The model's F1 in the population; None if neither model nor people found anything.

    The model's decisions are known for every passage. The share of true positives is estimated
    separately for positive and negative decisions, with Jeffreys' prior on both; the interval is
    that of F1 over their posterior.
    """
    rng = np.random.default_rng(0)
    hits, missed = np.zeros(_DRAWS), np.zeros(_DRAWS)
    point_hits = point_missed = 0.0
    total = sum(stratum.size for stratum in design)
    for stratum, share_yes in zip(
        design, _predicted_shares(design, predicted, predicted_share), strict=True
    ):
        weight = stratum.size / total
        y = np.array([coded[key] for key in stratum.answered])
        yes = np.array([predicted[key] for key in stratum.answered]) == 1
        right, rates = _rate(y[yes], rng, census=stratum.census)
        point_hits += weight * share_yes * right
        hits += weight * share_yes * rates
        overlooked, rates = _rate(y[~yes], rng, census=stratum.census)
        point_missed += weight * (1 - share_yes) * overlooked
        missed += weight * (1 - share_yes) * rates
    if point_hits + point_missed + predicted_share == 0:
        return None
    point = 2 * point_hits / (predicted_share + point_hits + point_missed)
    low, high = np.quantile(2 * hits / (predicted_share + hits + missed), [0.025, 0.975])
    return Share(point, min(point, float(low)), max(point, float(high)))


def _rate(y: Floats, rng: np.random.Generator, *, census: bool) -> tuple[float, Floats]:
    """The mean of ``y``, and posterior draws of the share in the stratum."""
    found = float(y.sum())
    share = found / len(y) if len(y) else 0.0
    if census:
        return share, np.full(_DRAWS, share)
    return share, rng.beta(found + 0.5, len(y) - found + 0.5, _DRAWS)


def _predicted_shares(
    design: Sequence[Stratum], predicted: Mapping[str, float], predicted_share: float
) -> list[float]:
    """The model's share in each stratum: exact if all of it is coded; if only one stratum is not,
    the remainder of the population's share; else the share in the sample."""
    shares = [float(np.mean([predicted[key] for key in stratum.answered])) for stratum in design]
    drawn = [place for place, stratum in enumerate(design) if not stratum.census]
    if len(drawn) == 1:
        total = sum(stratum.size for stratum in design)
        counted = sum(s * x.size for s, x in zip(shares, design, strict=True) if x.census)
        rest = (predicted_share * total - counted) / design[drawn[0]].size
        shares[drawn[0]] = min(1.0, max(0.0, rest))
    return shares


def _joined(design: Sequence[Stratum], of: Callable[[Stratum], Share]) -> Share:
    """Combine strata weighted by size; squared distances to the interval's ends are added."""
    total = sum(stratum.size for stratum in design)
    weighed = [(stratum.size / total, of(stratum)) for stratum in design]
    share = sum(weight * part.share for weight, part in weighed)
    below = sqrt(sum((weight * (part.share - part.low)) ** 2 for weight, part in weighed))
    above = sqrt(sum((weight * (part.high - part.share)) ** 2 for weight, part in weighed))
    return Share(share, share - below, share + above)
