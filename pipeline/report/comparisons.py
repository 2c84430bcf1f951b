"""Are differences between channels, or between the earlier and the later time, more than chance?

Every frame and every pair of channels is one comparison. The pairs of a frame are tested at once by
the largest studentised difference (Westfall and Young 1993), and the frames share the error
between them (Bonferroni): in 5% of reports or fewer is there any difference called real that is
chance. What chance does is learnt by a bootstrap of posts: within each channel (and half of the
time), one fewer than there are, so that variances come out right (Rao and Wu 1988). A few posts
cannot show how much posts differ: where there are no more, the posts of all channels are drawn
from, each deviation brought to the size that it would have in its place.
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
# A channel takes part with so many posts and paragraphs; a half of the time with so many.
LEAST_POSTS, LEAST_PARAGRAPHS = 3, 30
# Channels that are compared with each other, the largest first.
MOST_CHANNELS = 25
# Groups with fewer posts than the first are drawn from the posts of all groups; with more than the
# second as a normal vector with their covariance.
_FEW, _MANY = 20, 150
# A difference of this many standard errors above the limit is found in four cases of five.
_POWER = float(norm.ppf(0.8))


@dataclass(frozen=True)
class Difference:
    """The share of paragraphs with ``column`` in two groups; ``strength`` is the difference in
    standard errors."""

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
    """What the test of all comparisons found.

    Attributes:
        real: the differences that are more than chance.
        visible: of each column, the difference that would have been found in four cases of five,
            for the middle one of its comparisons.
    """

    real: list[Difference]
    visible: dict[str, float]

    def largest(self, columns: Sequence[str]) -> Difference | None:
        """The largest real difference among these columns."""
        own = [difference for difference in self.real if difference.column in columns]
        return max(own, key=lambda difference: difference.size, default=None)


@dataclass(frozen=True)
class _Comparisons:
    """``(comparisons, groups)`` weights: what is compared is ``second`` less ``first``. As many
    groups have a weight in one as in the other; in their order they are compared with each
    other."""

    first: Float
    second: Float
    names: list[tuple[str, str]]


def between_channels(
    posts: pl.DataFrame, columns: Sequence[str], effects: DesignEffects, seed: int
) -> Verdict | None:
    """Every two of the largest channels; None where fewer than two have enough posts."""
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
    """Posts before ``middle`` against those from then on, each channel with itself.

    Channels are weighted alike in both halves, by the harmonic mean of their paragraphs in them,
    so that a channel which begins to post in the middle is no change. None where no channel has
    two posts in each half, or those that have are too few in all.
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
    # Groups are sorted by channel, then early before late.
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
    drawn = _drawn_again(strata, _spread(strata, columns, effects, independent), rng)
    limit = _limits(contrast, drawn, errors)
    strength = np.abs(second - first) / errors
    real = [
        Difference(
            columns[j], *comparisons.names[i],
            float(first[i, j]), float(second[i, j]), float(strength[i, j]),
        )
        for i, j in np.argwhere(strength > limit).tolist()
    ]  # fmt: skip
    visible = (limit + _POWER) * np.median(errors, axis=0)
    return Verdict(real, dict(zip(columns, visible.tolist(), strict=True)))


def _limits(contrast: Float, drawn: Float, errors: Float) -> Float:
    """``(columns,)``: what the largest studentised difference of a column stays below by chance."""
    columns = drawn.shape[2]
    limits = np.empty(columns)
    for j in range(columns):
        largest = (np.abs(drawn[:, :, j] @ contrast.T) / errors[:, j]).max(axis=1)
        limits[j] = np.quantile(largest, 1 - ERROR / columns)
    return limits


def _independent(strata: Strata, columns: Sequence[str], effects: DesignEffects) -> Float:
    """``(groups, columns)``: as how many independent paragraphs each group's count."""
    n, squares = strata.totals(strata.paragraphs), strata.totals(strata.paragraphs**2)
    sizes = list(zip(n.tolist(), squares.tolist(), strict=True))
    effect = [[effects.effect(column, *size) for column in columns] for size in sizes]
    independent: Float = n[:, None] / np.array(effect)
    return independent


def _errors(comparisons: _Comparisons, shares: Float, independent: Float) -> Float:
    """``(comparisons, columns)``: standard errors of the differences if there were none.

    As in a score test, both sides have the share that they have together: a share of 0 among few
    posts would otherwise look surer than it is. One paragraph with and one without the frame are
    added (Agresti and Caffo 2000).
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


def _spread(
    strata: Strata, columns: Sequence[str], effects: DesignEffects, independent: Float
) -> Float:
    """``(posts, columns)``: the variance of each post's count."""
    share = (strata.shares() * independent + 1) / (independent + 2)
    likeness = np.array([effects.likeness[column] for column in columns])
    k = strata.paragraphs[:, None]
    return (share * (1 - share))[strata.group] * k * (1 + likeness * (k - 1)) * effects.caution


def _drawn_again(strata: Strata, spread: Float, rng: np.random.Generator) -> Float:
    """``(draws, groups, columns)``: how far shares are off when other posts had been drawn."""
    residuals, n = strata.residuals(), strata.totals(strata.paragraphs)
    deviation = np.sqrt(spread)
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
