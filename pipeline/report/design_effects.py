"""Design effects: paragraphs are clustered in posts, so shares vary more than independent ones.

The design effect of a share is ``1 + icc · (s / n - 1)`` (Kish 1965, sections 5.4 and 8.2) with
``n`` paragraphs, ``s`` the sum of squared paragraphs per post, and ``icc`` the intraclass
correlation of paragraphs within posts. There is one ``icc`` per frame; ``s`` and ``n`` are counted
for each subset, so that channels with long and with short posts get their own intervals and the
page's filters need no other numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import norm, t

from pipeline.evaluation.intervals import Interval, wilson
from pipeline.report.posts import Float, Strata

# With fewer degrees of freedom the groups are too small to estimate how their posts differ.
LEAST_FREEDOM = 5
# Weight of the pooled estimate of all columns, in paragraphs with the column: a rare frame has too
# few to estimate its own clustering (`benchmarks/report_claims.py`).
POOLED_WEIGHT = 10.0
_ROUNDS = 5


@dataclass(frozen=True)
class DesignEffects:
    """Attributes:
    icc: intraclass correlation per column, 0 to 1.
    inflation: factor on each effect, since ``icc`` is estimated from few posts: the squared
        ratio of Student's to the normal quantile (Korn and Graubard 1998).
    """

    icc: Mapping[str, float]
    inflation: float

    def effect(self, column: str, n: float, squares: float) -> float:
        """Design effect of a share of ``n`` paragraphs."""
        return self.inflation * (1 + self.icc[column] * max(0.0, squares / n - 1))

    def interval(self, column: str, count: float, n: float, squares: float) -> Interval:
        """The 95% interval of a share."""
        return wilson(count, n, self.effect(column, n, squares))


def design_effects(posts: pl.DataFrame, columns: Sequence[str]) -> DesignEffects:
    """Estimate design effects from a table of :func:`pipeline.report.posts.by_post`.

    Estimated within the periods of each channel, since differences between channels or months are
    findings and not sampling error. If few of these groups have two posts, within channels; if few
    channels have two, among all posts.
    """
    strata = Strata.of(posts, [], columns)
    for keys in (["channel", "period"], ["channel"]):
        finer = Strata.of(posts, keys, columns)
        if degrees_of_freedom(finer) >= max(LEAST_FREEDOM, len(finer.group) / 2):
            strata = finer
            break
    df = degrees_of_freedom(strata)
    inflation = (t.ppf(0.975, df) / norm.ppf(0.975)) ** 2 if df > 0 else 1.0
    icc = intraclass_correlations(strata)
    return DesignEffects(dict(zip(columns, icc, strict=True)), float(inflation))


def degrees_of_freedom(strata: Strata) -> int:
    """Number of posts minus number of groups."""
    return max(0, len(strata.group) - strata.groups)


def intraclass_correlations(strata: Strata) -> list[float]:
    """Intraclass correlation within posts per column, by the method of moments within groups.

    With ``k`` paragraphs in a post of a group of ``n`` whose share is ``p``, the squared residuals
    of the posts (:meth:`Strata.residuals`) sum on average to ``p (1 - p)`` times
    ``Σ k c + icc · Σ k (k - 1) c``, where ``c = 1 - 2 k / n + Σ k² / n²`` accounts for ``p`` being
    estimated from the same posts. Shrunk toward the pooled estimate of all columns by
    :data:`POOLED_WEIGHT`; 0 where nothing varies.
    """
    k, n = strata.paragraphs, strata.totals(strata.paragraphs)
    squares = strata.totals(k**2)
    c = 1 - 2 * k / n[strata.group] + (squares / n**2)[strata.group]
    within, shared = strata.totals(k * c)[:, None], strata.totals(k * (k - 1) * c)[:, None]
    observed = strata.totals(strata.residuals() ** 2)
    several = strata.sizes() > 1
    size = (squares / n - 1)[:, None]
    found: Float = np.zeros(strata.counts.shape[1])
    for _ in range(_ROUNDS):
        variance = _variance(strata.shares(), n[:, None], 1 + found * size)
        excess = (observed - variance * within)[several].sum(axis=0)
        possible = (variance * shared)[several].sum(axis=0)
        if not possible.any():
            break
        pooled = excess.sum() / possible.sum()
        # Converts paragraphs into the unit of ``possible``, averaged over the columns.
        weight = POOLED_WEIGHT * possible.sum() / max(1.0, (variance * n[:, None]).sum())
        found = np.clip((excess + weight * pooled) / (possible + weight), 0.0, 1.0)
    return [float(value) for value in found]


def _variance(shares: Float, n: Float, effects: Float) -> Float:
    """``p (1 - p)``, corrected for the bias of an estimated share by a factor of at most 4."""
    return shares * (1 - shares) / np.maximum(0.25, 1 - effects / n)
