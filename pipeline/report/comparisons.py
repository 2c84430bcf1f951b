"""Tests of differences between channels, and between the earlier and the later half of the time.

Every pair of channels is one comparison per frame. The pairs of a frame are tested together by the
largest studentised difference (Westfall and Young 1993), and the error is divided among the frames
(Bonferroni): at most 5% of reports call any chance difference real. The null distribution comes
from a bootstrap of posts within each channel (and half of the time) that draws ``m - 1`` of ``m``
posts, so that variances are unbiased (Rao and Wu 1988). Small groups are drawn from the posts of
all channels instead, with each deviation rescaled to the variance expected in the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np
import polars as pl
from scipy.stats import norm

from pipeline.report.design_effects import DesignEffects
from pipeline.report.posts import Float, Strata

DRAWS = 2000
ERROR = 0.05
# Minimum posts and paragraphs of a channel; the paragraphs apply to each half of the time too.
LEAST_POSTS, LEAST_PARAGRAPHS = 3, 30
# Number of channels that are compared, the largest first.
MOST_CHANNELS = 25
# Groups with fewer posts than _FEW are drawn from the posts of all groups; groups with more than
# _MANY are drawn as a normal vector with their covariance.
_FEW, _MANY = 20, 150
# A difference this many standard errors above the limit is found with a power of 80%.
_POWER = float(norm.ppf(0.8))


@dataclass(frozen=True)
class Difference:
    """The share of paragraphs with ``column`` in two groups; ``strength`` is the absolute
    difference in standard errors."""

    column: str
    first: str
    second: str
    first_share: float
    second_share: float
    strength: float

    @property
    def size(self) -> float:
        return abs(self.second_share - self.first_share)


@dataclass(frozen=True)
class Verdict:
    """Result of the tests.

    Attributes:
        significant: the significant differences.
        detectable: per column, the smallest difference that is found with a power of 80%, for the
            median of its comparisons.
    """

    significant: list[Difference]
    detectable: dict[str, float]

    def largest(self, columns: Sequence[str]) -> Difference | None:
        """The largest significant difference in these columns, or None."""
        own = [difference for difference in self.significant if difference.column in columns]
        return max(own, key=lambda difference: difference.size, default=None)


@dataclass(frozen=True)
class _Comparisons:
    """Contrasts ``second - first``, each with ``(comparisons, groups)`` weights.

    A row has equally many non-zero weights in both; they are paired in their order.
    """

    first: Float
    second: Float
    names: list[tuple[str, str]]


def between_channels(
    posts: pl.DataFrame, columns: Sequence[str], effects: DesignEffects, seed: int
) -> Verdict | None:
    """Compare every pair of the largest channels; None if fewer than two have enough posts."""
    sizes = posts.group_by("channel").agg(pl.len().alias("posts"), pl.col("paragraphs").sum())
    enough = sizes.filter(
        (pl.col("posts") >= LEAST_POSTS) & (pl.col("paragraphs") >= LEAST_PARAGRAPHS)
    )
    largest = enough.sort("paragraphs", "channel", descending=[True, False]).head(MOST_CHANNELS)
    names = largest["channel"].sort().to_list()
    if len(names) < 2:
        return None
    strata = Strata.of(posts.filter(pl.col("channel").is_in(names)), ["channel"], columns)
    pairs = list(combinations(range(len(names)), 2))
    one = np.eye(len(names))
    comparisons = _Comparisons(
        one[[a for a, _ in pairs]], one[[b for _, b in pairs]],
        [(names[a], names[b]) for a, b in pairs],
    )  # fmt: skip
    return _tested(strata, columns, effects, comparisons, np.random.default_rng(seed))


def over_time(
    posts: pl.DataFrame,
    middle: date,
    columns: Sequence[str],
    effects: DesignEffects,
    seed: int,
) -> Verdict | None:
    """Compare posts before ``middle`` with later ones, within each channel.

    A channel has the same weight in both halves, the harmonic mean of its paragraphs in them, so
    that a channel which starts to post later is no change. None if no channel has two posts in
    each half, or if there are fewer than :data:`LEAST_PARAGRAPHS` paragraphs in a half.
    """
    dated = posts.filter(pl.col("period").is_not_null())
    dated = dated.with_columns(late=pl.col("period") >= middle)
    halves = pl.struct("channel", "late")
    dated = dated.filter(pl.len().over(halves) > 1)
    dated = dated.filter(pl.col("late").n_unique().over("channel") == 2)
    read = [dated.filter(pl.col("late") == late)["paragraphs"].sum() for late in (False, True)]
    if min(read) < LEAST_PARAGRAPHS:
        return None
    strata = Strata.of(dated, ["channel", "late"], columns)
    # Groups are sorted by channel, then by half.
    n = strata.totals(strata.paragraphs).reshape(-1, 2)
    weights = n.prod(axis=1) / n.sum(axis=1)
    weights /= weights.sum()
    early, late = (np.zeros((1, strata.groups)) for _ in range(2))
    early[0, 0::2], late[0, 1::2] = weights, weights
    comparisons = _Comparisons(early, late, [("early", "late")])
    return _tested(strata, columns, effects, comparisons, np.random.default_rng(seed))


def _tested(
    strata: Strata,
    columns: Sequence[str],
    effects: DesignEffects,
    comparisons: _Comparisons,
    rng: np.random.Generator,
) -> Verdict:
    shares = strata.shares()
    first, second = comparisons.first @ shares, comparisons.second @ shares
    contrast = comparisons.second - comparisons.first
    independent = _independent(strata, columns, effects)
    errors = _errors(comparisons, shares, independent)
    drawn = _resampled(strata, _variances(strata, columns, effects, independent), rng)
    limit = _limits(contrast, drawn, errors)
    strength = np.abs(second - first) / errors
    significant = [
        Difference(
            columns[j], *comparisons.names[i],
            float(first[i, j]), float(second[i, j]), float(strength[i, j]),
        )
        for i, j in np.argwhere(strength > limit).tolist()
    ]  # fmt: skip
    detectable = (limit + _POWER) * np.median(errors, axis=0)
    return Verdict(significant, dict(zip(columns, detectable.tolist(), strict=True)))


def _limits(contrast: Float, drawn: Float, errors: Float) -> Float:
    """``(columns,)``: critical values of the largest studentised difference per column."""
    columns = drawn.shape[2]
    limits = np.empty(columns)
    for j in range(columns):
        largest = (np.abs(drawn[:, :, j] @ contrast.T) / errors[:, j]).max(axis=1)
        limits[j] = np.quantile(largest, 1 - ERROR / columns)
    return limits


def _independent(strata: Strata, columns: Sequence[str], effects: DesignEffects) -> Float:
    """``(groups, columns)``: effective number of independent paragraphs per group."""
    n, squares = strata.totals(strata.paragraphs), strata.totals(strata.paragraphs**2)
    sizes = list(zip(n.tolist(), squares.tolist(), strict=True))
    effect = [[effects.effect(column, *size) for column in columns] for size in sizes]
    independent: Float = n[:, None] / np.array(effect)
    return independent


def _errors(comparisons: _Comparisons, shares: Float, independent: Float) -> Float:
    """``(comparisons, columns)``: standard errors of the differences under the null hypothesis.

    As in a score test, both sides have their pooled share: a share of 0 among few posts would
    otherwise have a standard error of 0. One paragraph with and one without the frame are added
    (Agresti and Caffo 2000).
    """
    found = np.zeros((len(comparisons.names), shares.shape[1]))
    for i, (first, second) in enumerate(zip(comparisons.first, comparisons.second, strict=True)):
        left, right = np.flatnonzero(first), np.flatnonzero(second)
        n, m = independent[left], independent[right]
        together = (shares[left] * n + shares[right] * m + 1) / (n + m + 2)
        variance = together * (1 - together)
        sides = first[left, None] ** 2 / n + second[right, None] ** 2 / m
        found[i] = np.sqrt((variance * sides).sum(axis=0))
    return found


def _variances(
    strata: Strata, columns: Sequence[str], effects: DesignEffects, independent: Float
) -> Float:
    """``(posts, columns)``: the variance of each post's count."""
    share = (strata.shares() * independent + 1) / (independent + 2)
    icc = np.array([effects.icc[column] for column in columns])
    k = strata.paragraphs[:, None]
    return (share * (1 - share))[strata.group] * k * (1 + icc * (k - 1)) * effects.inflation


def _resampled(strata: Strata, variances: Float, rng: np.random.Generator) -> Float:
    """``(draws, groups, columns)``: deviations of the shares in bootstrap samples of the posts."""
    residuals, n = strata.residuals(), strata.totals(strata.paragraphs)
    deviation = np.sqrt(variances)
    standard = residuals / deviation
    standard /= np.maximum(1e-9, np.sqrt((standard**2).mean(axis=0)))
    drawn = np.zeros((DRAWS, strata.groups, residuals.shape[1]))
    for group in range(strata.groups):
        rows = np.flatnonzero(strata.group == group)
        own, m = residuals[rows] / n[group], len(rows)
        if m < _FEW:
            others = standard[rng.integers(len(standard), size=(DRAWS, m))]
            drawn[:, group] = (others * deviation[rows]).sum(axis=1) / n[group]
        elif m <= _MANY:
            times = rng.multinomial(m - 1, np.full(m, 1 / m), size=DRAWS)
            drawn[:, group] = times @ own * (m / (m - 1))
        else:
            covariance = own.T @ own * (m / (m - 1))
            drawn[:, group] = rng.multivariate_normal(
                np.zeros(own.shape[1]), covariance, DRAWS, method="eigh"
            )
    return drawn
