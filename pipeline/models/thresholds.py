"""Decision thresholds for calibrated probabilities, one per output, chosen on dev.

The threshold that maximises the expected F1 of a calibrated model is half of the F1 that it reaches
(Lipton, Elkan and Naryanaswamy 2014): the lower the F1, the lower the threshold. Since dev has only
a few hundred passages, a threshold deviates from that value only as far as dev requires.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.models.base import Mask, Matrix
from pipeline.models.calibration import Vector

_GRID = np.linspace(0.05, 0.95, 91)
_EPSILON = 1e-6
_UNKNOWN = 0.5  # for groups without positives in dev


def fit_thresholds(
    probabilities: Matrix, soft: Matrix, asked: Mask, groups: Iterable[Sequence[int]]
) -> Vector:
    """One threshold per output: of those whose F1 on dev is within one standard error of the best,
    the one nearest to half of the best F1 of the output's group.

    The curve of F1 over thresholds is flat near its maximum, whose exact place on a few hundred
    passages is chance: hence the one-standard-error rule (Breiman et al. 1984, section 3.4.3) with
    the jackknife error of the difference to the best threshold (Efron and Tibshirani 1993, chapter
    11). Only thresholds above the output's mean probability are considered: by F1 alone, an
    uninformative model would always predict present. An output without positives, or that is
    almost always present, gets its group's threshold. Borderline rows (0.5) are left out, as in
    the headline metrics.

    Args:
        groups: positions of outputs whose F1 is pooled for one common threshold, since the F1 of
            single outputs is too uncertain with few positives. Outputs in no group keep 0.5.
    """
    thresholds = np.full(probabilities.shape[1], _UNKNOWN)
    decided, truth = _decided(soft, asked)
    for group in groups:
        columns = list(group)
        cells = decided[:, columns]
        aim = _UNKNOWN
        if truth[:, columns][cells].any():
            f1 = _curve(probabilities[:, columns][cells], truth[:, columns][cells], _GRID)
            aim = float(f1.max()) / 2
        for j in columns:
            rows = decided[:, j]
            thresholds[j] = aim
            if truth[rows, j].any():
                p = probabilities[rows, j]
                grid = _GRID[p.mean() + _EPSILON < _GRID]
                if len(grid):
                    thresholds[j] = _nearest(aim, _within_one_error(p, truth[rows, j], grid))
    return thresholds


def with_even_frames(thresholds: Vector, frames: Sequence[int]) -> Vector:
    """The thresholds, with those of frames set to 0.5.

    Thresholds by F1 are better on texts like dev. In other texts, frames are rarer or worded
    differently and probabilities are too high, so thresholds below 0.5 give false positives.
    """
    result = thresholds.copy()
    result[list(frames)] = 0.5
    return result


def shrunk_thresholds(
    probabilities: Matrix, soft: Matrix, asked: Mask, *, toward: Vector, prior_positives: float
) -> Vector:
    """Each output's own best threshold, shrunk toward the one in ``toward``, which has the weight
    of ``prior_positives`` positives; for small local samples.
    """
    thresholds = toward.copy()
    decided, truth = _decided(soft, asked)
    for j in range(len(thresholds)):
        rows = decided[:, j]
        positives = float(truth[rows, j].sum())
        if positives:
            f1 = _curve(probabilities[rows, j], truth[rows, j], _GRID)
            own = _nearest(toward[j], _GRID[f1 >= f1.max() - 1e-12])
            share = positives / (positives + prior_positives)
            thresholds[j] = share * own + (1 - share) * toward[j]
    return thresholds


def _decided(soft: Matrix, asked: Mask) -> tuple[Mask, Mask]:
    return asked & (np.abs(soft - 0.5) > _EPSILON), soft > 0.5


def _nearest(aim: float, thresholds: Vector) -> float:
    return float(thresholds[np.argmin(np.abs(thresholds - aim))])


def _curve(p: NDArray[np.float32], truth: NDArray[np.bool_], grid: Vector) -> Vector:
    """F1 at each threshold of a grid."""
    predicted = p[None, :] >= grid[:, None]
    return _f1((predicted & truth).sum(axis=1), predicted.sum(axis=1), truth.sum())


def _within_one_error(p: NDArray[np.float32], truth: NDArray[np.bool_], grid: Vector) -> Vector:
    """Thresholds of a grid whose F1 is less than one jackknife standard error below the best."""
    predicted = p[None, :] >= grid[:, None]
    hits, total, positives = (predicted & truth).sum(axis=1), predicted.sum(axis=1), truth.sum()
    f1 = _f1(hits, total, positives)
    best = int(f1.argmax())
    # F1 with each row left out: (thresholds, n).
    without = _f1(
        hits[:, None] - (predicted & truth), total[:, None] - predicted, positives - truth
    )
    differences = without[best] - without
    n = len(p)
    spread = differences - differences.mean(axis=1, keepdims=True)
    error = np.sqrt((n - 1) / n * (spread**2).sum(axis=1))
    allowed: Vector = grid[f1[best] - f1 <= error + 1e-12]
    return allowed


def _f1(
    hits: NDArray[np.int64], predicted: NDArray[np.int64], positives: NDArray[np.int64]
) -> NDArray[np.float64]:
    f1: NDArray[np.float64] = 2 * hits / np.maximum(predicted + positives, 1)
    return f1
