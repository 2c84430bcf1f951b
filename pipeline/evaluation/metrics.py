"""Metrics on arrays. Functions take one system or a stack of resamples: leading axes of counts and
weights may have any shape, and results keep it.

Undefined values are NaN, not 0: the F1 of a frame without positives says nothing about the model.
If there are positives, the conventions are those of scikit-learn with ``zero_division=0``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Positions on the last axis of a count array.
TRUE_POSITIVES, FALSE_POSITIVES, FALSE_NEGATIVES = 0, 1, 2


def confusion_counts(truth: Mask, predicted: Mask, counted: Mask) -> Float:
    """``(..., 3)``: true positives, false positives and false negatives of each cell (0 or 1)."""
    return np.stack(
        [counted & truth & predicted, counted & ~truth & predicted, counted & truth & ~predicted],
        axis=-1,
    ).astype(np.float64)


def precision(counts: Float) -> Float:
    """Precision of ``(..., 3)`` counts; NaN without positives, 0 if there are some but none was
    predicted."""
    predicted = counts[..., TRUE_POSITIVES] + counts[..., FALSE_POSITIVES]
    return _where_positive(counts, _ratio(counts[..., TRUE_POSITIVES], predicted))


def recall(counts: Float) -> Float:
    """Recall of ``(..., 3)`` counts; NaN without positives."""
    return _where_positive(counts, _ratio(counts[..., TRUE_POSITIVES], _positives(counts)))


def f1(counts: Float) -> Float:
    """F1 of ``(..., 3)`` counts; NaN without positives."""
    hits = 2 * counts[..., TRUE_POSITIVES]
    errors = counts[..., FALSE_POSITIVES] + counts[..., FALSE_NEGATIVES]
    return _where_positive(counts, _ratio(hits, hits + errors))


def mean_of_defined(values: Float) -> Float:
    """The mean of the non-NaN values over the last axis; NaN if all are NaN."""
    defined = ~np.isnan(values)
    number = defined.sum(axis=-1)
    total = np.where(defined, values, 0.0).sum(axis=-1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def average_precision(truth: Mask, probability: Float, weights: Float) -> Float:
    """Average precision ``(samples,)`` of n cells under ``(samples, n)`` weights.

    Σ (Rₖ − Rₖ₋₁) Pₖ over the distinct probabilities in descending order, as in scikit-learn's
    ``average_precision_score``. Ties are counted together, so their order does not matter. NaN
    without positives.
    """
    order = np.argsort(-probability, kind="stable")
    weighted, ranked = weights[:, order], probability[order]
    last_of_ties = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    if not len(ranked):
        return np.full(len(weights), np.nan)
    hits = np.cumsum(weighted * truth[order], axis=1)[:, last_of_ties]
    predicted = np.cumsum(weighted, axis=1)[:, last_of_ties]
    gained = np.diff(hits, axis=1, prepend=0.0)
    area = (gained * _ratio(hits, predicted)).sum(axis=1)
    positives = hits[:, -1]
    return np.where(positives > 0, area / np.maximum(positives, 1e-12), np.nan)


def calibration_error(truth: Float, probability: Float, bins: int = 10) -> float:
    """Expected calibration error of n binary cells (Naeini et al. 2015).

    The mean absolute difference between mean probability and share present over bins of equal
    width, weighted by cells. NaN without cells.
    """
    if not len(probability):
        return float("nan")
    table = reliability(truth, probability, bins)
    gaps = np.abs(table[:, 0] - table[:, 1])
    return float((gaps * table[:, 2]).sum() / len(probability))


def reliability(truth: Float, probability: Float, bins: int = 10) -> Float:
    """``(k, 3)`` for the k non-empty bins: mean probability, share present, number of cells."""
    number = np.minimum((probability * bins).astype(np.int64), bins - 1)
    cells = np.bincount(number, minlength=bins)
    predicted = np.bincount(number, weights=probability, minlength=bins)
    true = np.bincount(number, weights=truth, minlength=bins)
    held = cells > 0
    return np.stack([predicted[held] / cells[held], true[held] / cells[held], cells[held]], axis=1)


def brier(truth: Float, probability: Float) -> float:
    """The mean squared difference between probability and truth; NaN without cells."""
    return float(((probability - truth) ** 2).mean()) if len(probability) else float("nan")


def _positives(counts: Float) -> Float:
    return np.asarray(counts[..., TRUE_POSITIVES] + counts[..., FALSE_NEGATIVES])


def _ratio(part: Float, whole: Float) -> Float:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)


def _where_positive(counts: Float, values: Float) -> Float:
    return np.where(_positives(counts) > 0, values, np.nan)
