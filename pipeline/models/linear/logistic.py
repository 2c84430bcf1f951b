"""One logistic regression per output, trained on soft labels, over any features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.models.base import Mask, Matrix
from pipeline.models.calibration import sigmoid

# The logit of an output without positives in training.
_NEVER = -5.0


@dataclass(frozen=True)
class LinearHeads:
    """``weights`` (outputs, features) and ``offsets`` (outputs,), float32."""

    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]

    @classmethod
    def empty(cls) -> LinearHeads:
        return cls(np.zeros((0, 0), np.float32), np.zeros(0, np.float32))

    @property
    def outputs(self) -> int:
        return len(self.offsets)

    def probabilities(self, features: Any) -> Matrix:
        """``(n, outputs)`` for dense or sparse ``(n, features)``."""
        return sigmoid(features @ self.weights.T + self.offsets).astype(np.float32)

    def save(self, path: Path) -> None:
        from safetensors.numpy import save_file

        save_file({"weights": self.weights, "offsets": self.offsets}, path)

    @classmethod
    def load(cls, path: Path) -> LinearHeads:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            tensors = load_file(path)
            return cls(tensors["weights"], tensors["offsets"])
        except (OSError, SafetensorError, KeyError) as error:
            raise InputError(f"{path}: not the heads of a linear model: {error}") from error


def fit_heads(
    features: Any, soft: Matrix, asked: Mask, inverse_regularisation: float
) -> LinearHeads:
    """Fit each output on the rows where it was asked.

    A row with the soft label 0.5 counts half as positive and half as negative. Classes are
    balanced: positives and negatives of an output have the same total weight.
    """
    outputs = soft.shape[1]
    weights = np.zeros((outputs, features.shape[1]), np.float32)
    offsets = np.zeros(outputs, np.float32)
    for j in range(outputs):
        rows = np.flatnonzero(asked[:, j])
        weights[j], offsets[j] = _fit_one(features[rows], soft[rows, j], inverse_regularisation)
    return LinearHeads(weights, offsets)


def _fit_one(
    features: Any, soft: NDArray[np.float32], inverse_regularisation: float
) -> tuple[NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    yes, no = np.flatnonzero(soft > 0), np.flatnonzero(soft < 1)
    positives, negatives = float(soft[yes].sum()), float((1 - soft[no]).sum())
    if positives < 1 or negatives < 1:
        return np.zeros(features.shape[1]), -_NEVER if positives > negatives else _NEVER
    total = positives + negatives
    shares = np.concatenate(
        [soft[yes] * total / (2 * positives), (1 - soft[no]) * total / (2 * negatives)]
    )
    truth = np.concatenate([np.ones(len(yes), int), np.zeros(len(no), int)])
    # With more features than rows the dual problem is smaller: twelve times faster on n-grams, with
    # the same results.
    regression = LogisticRegression(
        C=inverse_regularisation,
        solver="liblinear",
        dual=features.shape[1] > features.shape[0],
        tol=1e-3,
        max_iter=1000,
        random_state=0,
    )
    regression.fit(features[np.concatenate([yes, no])], truth, sample_weight=shares)
    return regression.coef_[0], float(regression.intercept_[0])
