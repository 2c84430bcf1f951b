"""How much less paragraphs tell than as many independent ones, since they come in posts.

The design effect of a share is ``1 + likeness · (s / n - 1)`` (Kish 1965, sections 5.4 and 8.2):
``n`` paragraphs, ``s`` the sum of the squared numbers of paragraphs per post, and the likeness of
two paragraphs of one post (intraclass correlation). Likeness is one number per frame; ``s`` and
``n`` are counted for whatever is looked at, so that a channel of long speeches and one of short
notes each get the interval that they deserve, and the page's filters need no other numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import norm, t

from pipeline.evaluation.intervals import Interval, wilson
from pipeline.report.posts import Float, Strata

# With fewer posts to spare than this the groups are too small to tell how their posts differ.
LEAST_FREEDOM = 5
# What all columns together show counts as so many paragraphs with a column do: a rare frame alone
# says little about how it clusters (`benchmarks/report_claims.py`).
WORTH_TOGETHER = 10.0
_ROUNDS = 5


@dataclass(frozen=True)
class DesignEffects:
    """Attributes:
    likeness: of each column, 0 to 1.
    caution: by how much each effect grows, since likeness is known from few posts only: the
        square of Student's quantile over the normal one (Korn and Graubard 1998).
    """

    likeness: Mapping[str, float]
    caution: float

    def effect(self, column: str, n: float, squares: float) -> float:
        """Of a share among ``n`` paragraphs."""
        return self.caution * (1 + self.likeness[column] * max(0.0, squares / n - 1))

    def interval(self, column: str, count: float, n: float, squares: float) -> Interval:
        """The 95% interval of a share."""
        return wilson(count, n, self.effect(column, n, squares))


def design_effects(posts: pl.DataFrame, columns: Sequence[str]) -> DesignEffects:
    """Of posts as :func:`pipeline.report.posts.by_post` gives them.

    Estimated within the periods of each channel: that channels or months differ is a finding, not a
    reason to trust a share less. Where hardly any of them has two posts, within channels; where
    hardly any channel has, among all posts.
    """
    strata = Strata.of(posts, [], columns)
    for keys in (["channel", "period"], ["channel"]):
        finer = Strata.of(posts, keys, columns)
        # Half of the posts at least have to say something.
        if freedom(finer) >= max(LEAST_FREEDOM, len(finer.group) / 2):
            strata = finer
            break
    spare = freedom(strata)
    caution = (t.ppf(0.975, spare) / norm.ppf(0.975)) ** 2 if spare > 0 else 1.0
    return DesignEffects(dict(zip(columns, likeness(strata), strict=True)), float(caution))


def freedom(strata: Strata) -> int:
    """Posts beyond the first of each group."""
    return max(0, len(strata.group) - strata.groups)


def likeness(strata: Strata) -> list[float]:
    """Of two paragraphs of one post, of each column, by the method of moments within groups.

    With ``k`` paragraphs in a post of a group of ``n`` whose share is ``p``, the squared residuals
    of the posts (:meth:`Strata.residuals`) sum on average to ``p (1 - p)`` times
    ``Σ k c + likeness · Σ k (k - 1) c``, where ``c = 1 - 2 k / n + Σ k² / n²`` accounts for ``p``
    having been estimated from the same posts. Drawn toward that of all columns together by
    :data:`WORTH_TOGETHER`; 0 where nothing varies.
    """
    k, n = strata.paragraphs, strata.totals(strata.paragraphs)
    squares = strata.totals(k**2)
    c = 1 - 2 * k / n[strata.group] + (squares / n**2)[strata.group]
    alone, shared = strata.totals(k * c)[:, None], strata.totals(k * (k - 1) * c)[:, None]
    observed = strata.totals(strata.residuals() ** 2)
    several = strata.sizes() > 1
    size = (squares / n - 1)[:, None]
    found: Float = np.zeros(strata.counts.shape[1])
    for _ in range(_ROUNDS):
        spread = _spread(strata.shares(), n[:, None], 1 + found * size)
        excess = (observed - spread * alone)[several].sum(axis=0)
        possible = (spread * shared)[several].sum(axis=0)
        if not possible.any():
            break
        together = excess.sum() / possible.sum()
        # As many paragraphs weigh as much as they do on average over the columns.
        weight = WORTH_TOGETHER * possible.sum() / max(1.0, (spread * n[:, None]).sum())
        found = np.clip((excess + weight * together) / (possible + weight), 0.0, 1.0)
    return [float(value) for value in found]


def _spread(shares: Float, n: Float, effects: Float) -> Float:
    """``p (1 - p)`` without the bias of an estimated share, four times of itself at most."""
    return shares * (1 - shares) / np.maximum(0.25, 1 - effects / n)
