"""Bootstrap by family: near-duplicates and paragraphs that belong together are drawn together.

A resample is a row of weights: how often each family was drawn. Sums over passages (such as the
counts behind F1) are computed once per family, so that all resamples are one matrix product. Two
systems are compared on the same weights. In-domain a family is a whole component of the split (see
:mod:`pipeline.evaluation.resampling`), elsewhere the near-duplicates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.intervals import Interval

Float = NDArray[np.float64]
Numbers = NDArray[np.int64]


def family_numbers(families: list[str]) -> tuple[Numbers, int]:
    """The family of each row as a number 0 … F-1, and F."""
    names, numbers = np.unique(np.array(families, dtype=str), return_inverse=True)
    return numbers.astype(np.int64), len(names)


def resampled_families(families: int, samples: int, rng: np.random.Generator) -> Float:
    """``(samples, families)``: how often each family is drawn in a resample of as many families."""
    if families == 0:
        return np.zeros((samples, 0))
    return rng.multinomial(families, np.full(families, 1 / families), size=samples).astype(float)


def family_totals(per_row: Float, family: Numbers, families: int) -> Float:
    """``(families, ...)`` sums of ``(n, ...)`` values over the rows of each family."""
    totals = np.zeros((families, *per_row.shape[1:]))
    np.add.at(totals, family, per_row)
    return totals


def resampled_totals(weights: Float, per_family: Float) -> Float:
    """``(samples, ...)`` from ``(samples, families)`` weights and ``(families, ...)`` sums."""
    flat = weights @ per_family.reshape(len(per_family), -1)
    return np.asarray(flat.reshape(len(weights), *per_family.shape[1:]))


def percentile_interval(values: Float, confidence: float) -> Interval | None:
    """The central ``confidence`` share of the resamples (Efron and Tibshirani 1993, ch. 13).

    Resamples with an undefined value are left out; None if these are more than half.
    """
    defined = values[~np.isnan(values)]
    if not len(values) or len(defined) * 2 < len(values):
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Interval(float(low), float(high))
