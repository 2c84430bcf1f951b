"""From a model's scores to probabilities that can be read, and from those to decisions.

Each output gets Platt scaling (Platt 1999) shrunk toward leaving the score alone, and of the
thresholds that are as good as the best on dev the one nearest 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.models.contract import Mask, Matrix

Vector = NDArray[np.float64]

_EPSILON = 1e-6


def logit(p: NDArray[np.floating]) -> NDArray[np.float64]:
    clipped = np.clip(np.asarray(p, np.float64), _EPSILON, 1 - _EPSILON)
    return np.log(clipped / (1 - clipped))


def sigmoid(x: NDArray[np.floating]) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-np.asarray(x, np.float64)))


@dataclass(frozen=True)
class Calibration:
    """``sigmoid(slope · logit(p) + offset)`` an output; both vectors have one entry an output."""

    slope: Vector
    offset: Vector

    @classmethod
    def none(cls, outputs: int) -> Calibration:
        return cls(np.ones(outputs), np.zeros(outputs))

    def to_json(self) -> dict[str, list[float]]:
        return {"slope": self.slope.tolist(), "offset": self.offset.tolist()}

    @classmethod
    def from_json(cls, raw: Mapping[str, Sequence[float]]) -> Calibration:
        """Raises KeyError, TypeError or ValueError for what :meth:`to_json` did not write."""
        return cls(np.array(raw["slope"], np.float64), np.array(raw["offset"], np.float64))

    def apply(self, probabilities: Matrix) -> Matrix:
        """Calibrated ``(n, outputs)``."""
        return sigmoid(logit(probabilities) * self.slope + self.offset).astype(np.float32)

    def then(self, other: Calibration) -> Calibration:
        """The one calibration that does what this one and then the other would."""
        return Calibration(self.slope * other.slope, self.offset * other.slope + other.offset)


def fit_shared_calibration(
    probabilities: Matrix, soft: Matrix, asked: Mask, columns: Sequence[int], *, strength: float
) -> Calibration:
    """One Platt scaling for all these outputs together, the others left alone.

    Many outputs are off in the same way on texts of another kind, and together they have the
    positives that each alone lacks. ``strength`` as in :func:`fit_calibration`.
    """
    result = Calibration.none(probabilities.shape[1])
    cells = asked[:, columns]
    if soft[:, columns][cells].sum() >= 1.0:
        scores = logit(probabilities[:, columns])[cells]
        slope, offset = _platt(scores, soft[:, columns][cells], strength)
        result.slope[columns], result.offset[columns] = slope, offset
    return result


def fit_calibration(
    probabilities: Matrix, soft: Matrix, asked: Mask, *, strength: float = 5.0
) -> Calibration:
    """Platt scaling of each output against soft labels, by Newton's method.

    ``strength`` is the weight of the prior that slope is 1 and offset 0, in units of passages: an
    output with no positive at all stays as it was.
    """
    scores = logit(probabilities)
    result = Calibration.none(scores.shape[1])
    for j in range(scores.shape[1]):
        rows = asked[:, j]
        if soft[rows, j].sum() >= 1.0:
            result.slope[j], result.offset[j] = _platt(scores[rows, j], soft[rows, j], strength)
    return result


def _platt(scores: Vector, targets: NDArray[np.float32], strength: float) -> tuple[float, float]:
    prior = np.array([1.0, 0.0])
    weights = prior.copy()
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    for _ in range(50):
        p = sigmoid(design @ weights)
        gradient = design.T @ (p - targets) + strength * (weights - prior)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + strength * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    # A negative slope would turn the ranking round: dev is too small to be believed that far.
    return max(float(weights[0]), 0.1), float(weights[1])


def fit_thresholds(probabilities: Matrix, soft: Matrix, asked: Mask) -> Vector:
    """One threshold an output from calibrated dev probabilities: the one nearest 0.5 whose F1 on
    dev is within one standard error of the best.

    The curve of F1 over thresholds is flat near its top, and where exactly it peaks on a few
    hundred passages is chance. Among thresholds that dev cannot tell apart, the one that a
    calibrated probability suggests by itself carries over best to other text. That is the
    one-standard-error rule (Breiman et al. 1984, section 3.4.3); the error is the jackknife's, of
    the difference to the best threshold (Efron and Tibshirani 1993, chapter 11).

    Only thresholds above the output's mean probability are asked: F1 alone would have a model that
    knows nothing of an output say "present" every time (Lipton et al. 2014). An output without a
    positive gets 0.5. Borderline rows (0.5) are left out, as in the headline metrics.
    """
    thresholds = np.full(probabilities.shape[1], 0.5)
    decided, truth = _decided(soft, asked)
    for j in range(len(thresholds)):
        rows = decided[:, j]
        if truth[rows, j].any():
            p = probabilities[rows, j]
            grid = _GRID[p.mean() + _EPSILON < _GRID]
            allowed = _within_one_error(p, truth[rows, j], grid)
            thresholds[j] = _nearest_half(allowed)
    return thresholds


def shrunk_thresholds(
    probabilities: Matrix, soft: Matrix, asked: Mask, *, toward: Vector, prior_positives: float
) -> Vector:
    """Each output's own best threshold, weighed by its positives against ``prior_positives`` of
    the one in ``toward``: for a local sample that is too small to be believed alone.
    """
    thresholds = toward.copy()
    decided, truth = _decided(soft, asked)
    for j in range(len(thresholds)):
        rows = decided[:, j]
        positives = float(truth[rows, j].sum())
        if positives:
            own = _nearest_half(_best(probabilities[rows, j], truth[rows, j]))
            share = positives / (positives + prior_positives)
            thresholds[j] = share * own + (1 - share) * toward[j]
    return thresholds


_GRID = np.linspace(0.05, 0.95, 91)


def _decided(soft: Matrix, asked: Mask) -> tuple[Mask, Mask]:
    return asked & (np.abs(soft - 0.5) > 1e-6), soft > 0.5


def _nearest_half(thresholds: Vector) -> float:
    return float(thresholds[np.argmin(np.abs(thresholds - 0.5))])


def _best(p: NDArray[np.float32], truth: NDArray[np.bool_]) -> Vector:
    """All thresholds of the grid that share the best F1."""
    said = p[None, :] >= _GRID[:, None]
    f1 = _f1((said & truth).sum(axis=1), said.sum(axis=1), truth.sum())
    best: Vector = _GRID[f1 >= f1.max() - 1e-12]
    return best


def _within_one_error(p: NDArray[np.float32], truth: NDArray[np.bool_], grid: Vector) -> Vector:
    """Thresholds of a grid whose F1 is less than one jackknife standard error below the best."""
    said = p[None, :] >= grid[:, None]
    hits, total, positives = (said & truth).sum(axis=1), said.sum(axis=1), truth.sum()
    f1 = _f1(hits, total, positives)
    best = int(f1.argmax())
    # Every row left out once: (thresholds, n).
    without = _f1(hits[:, None] - (said & truth), total[:, None] - said, positives - truth)
    differences = without[best] - without
    n = len(p)
    spread = differences - differences.mean(axis=1, keepdims=True)
    error = np.sqrt((n - 1) / n * (spread**2).sum(axis=1))
    allowed: Vector = grid[f1[best] - f1 <= error + 1e-12]
    return allowed


def _f1(
    hits: NDArray[np.int64], said: NDArray[np.int64], positives: NDArray[np.int64]
) -> NDArray[np.float64]:
    f1: NDArray[np.float64] = 2 * hits / np.maximum(said + positives, 1)
    return f1
