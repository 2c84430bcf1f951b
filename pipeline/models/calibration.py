"""Calibration of a model's scores as probabilities.

Each output gets Platt scaling (Platt 1999), shrunk toward the identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.models.base import Mask, Matrix

Vector = NDArray[np.float64]

_EPSILON = 1e-6


def logit(p: NDArray[np.floating]) -> NDArray[np.float64]:
    clipped = np.clip(np.asarray(p, np.float64), _EPSILON, 1 - _EPSILON)
    return np.log(clipped / (1 - clipped))


def sigmoid(x: NDArray[np.floating]) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-np.asarray(x, np.float64)))


@dataclass(frozen=True)
class Calibration:
    """``sigmoid(slope · logit(p) + offset)``; both vectors have one entry per output."""

    slope: Vector
    offset: Vector

    @classmethod
    def none(cls, outputs: int) -> Calibration:
        return cls(np.ones(outputs), np.zeros(outputs))

    def to_json(self) -> dict[str, list[float]]:
        return {"slope": self.slope.tolist(), "offset": self.offset.tolist()}

    @classmethod
    def from_json(cls, raw: Mapping[str, Sequence[float]]) -> Calibration:
        """The inverse of :meth:`to_json`; raises KeyError, TypeError or ValueError."""
        return cls(np.array(raw["slope"], np.float64), np.array(raw["offset"], np.float64))

    def apply(self, probabilities: Matrix) -> Matrix:
        """Calibrated ``(n, outputs)``."""
        return sigmoid(logit(probabilities) * self.slope + self.offset).astype(np.float32)

    def then(self, other: Calibration) -> Calibration:
        """The composition of this calibration, applied first, with another."""
        return Calibration(self.slope * other.slope, self.offset * other.slope + other.offset)


def fit_shared_calibration(
    probabilities: Matrix, soft: Matrix, asked: Mask, columns: Sequence[int], *, strength: float
) -> Calibration:
    """One Platt scaling shared by the given outputs; other outputs are unchanged.

    On texts of another kind many outputs deviate in the same way, and pooled they have enough
    positives for a fit. ``strength`` as in :func:`fit_calibration`.
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

    ``strength`` is the weight, in passages, of the prior that slope is 1 and offset 0. An output
    without positives is unchanged.
    """
    scores = logit(probabilities)
    result = Calibration.none(scores.shape[1])
    for j in range(scores.shape[1]):
        rows = asked[:, j]
        if soft[rows, j].sum() >= 1.0:
            result.slope[j], result.offset[j] = _platt(scores[rows, j], soft[rows, j], strength)
    return result


def _platt(scores: Vector, targets: NDArray[np.float32], strength: float) -> tuple[float, float]:
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    slope, offset = shrunk_logistic(design, targets, np.array([1.0, 0.0]), strength)
    # A negative slope would reverse the ranking; dev is too small to justify that.
    return max(float(slope), 0.1), float(offset)


def shrunk_logistic(
    design: Vector, targets: NDArray[np.float32], prior: Vector, strength: float
) -> Vector:
    """Weights ``(k,)`` of a logistic regression of soft targets on ``design`` ``(n, k)``, by
    Newton's method; ``strength`` is the weight of ``prior``, in passages."""
    weights = prior.copy()
    for _ in range(50):
        p = sigmoid(design @ weights)
        gradient = design.T @ (p - targets) + strength * (weights - prior)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + strength * np.eye(len(prior))
        step = np.linalg.solve(curvature, gradient)
        weights = weights - np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    return weights
