"""A linear probe: logistic regressions on the pooled vectors of a frozen backbone.

Also where a fine-tuned head starts: first the probe, then the upper layers (Kumar et al. 2022,
"Fine-tuning can distort pretrained features and underperform out-of-distribution").
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.files import read_json, write_json
from pipeline.models.backbones import Backbone, load_backbone, load_saved
from pipeline.models.contract import CodedPassages, Mask, Matrix
from pipeline.models.encoding import encode, features
from pipeline.progress import Progress, quiet

# The share of present answers of an output that never or always was present stays this far from
# 0 and 1, so that its constant logit is finite.
SMALLEST_SHARE = 1e-3


@dataclass(frozen=True)
class Head:
    """A linear layer on pooled vectors: ``logits = features @ weight.T + bias``.

    Attributes:
        weight: ``(outputs, hidden)`` float32.
        bias: ``(outputs,)`` float32.
    """

    weight: Matrix
    bias: Matrix

    def probabilities(self, vectors: Matrix) -> Matrix:
        """``(n, outputs)`` from ``(n, hidden)``."""
        from scipy.special import expit

        result: Matrix = expit(vectors @ self.weight.T + self.bias).astype(np.float32)
        return result

    def save(self, path: Path) -> None:
        from safetensors.numpy import save_file

        save_file({"weight": self.weight, "bias": self.bias}, path)

    @classmethod
    def load(cls, path: Path) -> Head:
        from safetensors.numpy import load_file

        tensors = load_file(path)
        return cls(tensors["weight"], tensors["bias"])


def fit_head(vectors: Matrix, soft: Matrix, asked: Mask, inverse_regularisation: float) -> Head:
    """One logistic regression an output over standardised vectors, folded back into a Head.

    A soft label of 0.5 counts as half a present and half an absent passage. An output whose asked
    rows all agree gets zero weights and the log-odds of its share.
    """
    mean, scale = vectors.mean(axis=0), vectors.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0).astype(np.float32)
    standard = (vectors - mean) / scale
    outputs = soft.shape[1]
    weight = np.zeros((outputs, vectors.shape[1]), np.float32)
    bias = np.zeros(outputs, np.float32)
    for output in range(outputs):
        rows = asked[:, output]
        weight[output], bias[output] = _logistic(
            standard[rows], soft[rows, output], inverse_regularisation
        )
    weight = weight / scale
    return Head(weight, (bias - weight @ mean).astype(np.float32))


@dataclass(frozen=True)
class FittedProbe:
    """A head over a frozen backbone; ``truncated`` passages of those it learnt from were cut."""

    backbone: Backbone
    head: Head
    context: str
    truncated: int = 0

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        vectors = features(self.backbone, encode(self.backbone, passages, self.context))
        return self.head.probabilities(vectors)

    def cut(self, passages: pl.DataFrame) -> Mask:
        """``(n,)`` bool, True where a text is longer than the backbone reads."""
        return encode(self.backbone, passages, self.context).cut

    def save(self, folder: Path) -> None:
        """The head and settings; a backbone that came from a hub or a folder whole."""
        self.head.save(folder / "head.safetensors")
        settings = {"context": self.context, "truncated": self.truncated}
        write_json(folder / "probe.json", settings | {"backbone": self.backbone.settings()})
        if self.backbone.kind == "hub":
            (folder / "backbone").mkdir()
            self.backbone.save(folder / "backbone")

    @classmethod
    def load(cls, folder: Path) -> FittedProbe:
        """Raises :class:`InputError` where the package with the backbone is not installed."""
        settings = read_json(folder / "probe.json")
        if (folder / "backbone").is_dir():
            backbone = load_saved(folder / "backbone")
        else:
            wanted = settings["backbone"]
            backbone = load_backbone(
                wanted["kind"],
                wanted["name"],
                wanted["prefix"],
                wanted["pooling"],
                wanted["max_length"],
            )
        head = Head.load(folder / "head.safetensors")
        return cls(backbone, head, settings["context"], settings["truncated"])


@dataclass(frozen=True)
class ProbeRecipe:
    """Settings of a probe; ``context`` is none, before or both."""

    backbone: Backbone
    inverse_regularisation: float = 1.0
    context: str = "none"
    progress: Progress = quiet

    def fit(self, train: CodedPassages, dev: CodedPassages) -> FittedProbe:
        """Learn from ``train``; ``dev`` is not looked at."""
        encoded = encode(self.backbone, train.passages, self.context)
        vectors = features(self.backbone, encoded, self.progress)
        head = fit_head(vectors, train.soft, train.asked, self.inverse_regularisation)
        return FittedProbe(self.backbone, head, self.context, int(encoded.cut.sum()))


def _logistic(
    vectors: Matrix, soft: Matrix, inverse_regularisation: float
) -> tuple[NDArray[np.float32], float]:
    """Weights and bias of one output."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    present, absent = soft > 0, soft < 1
    if not present.any() or not absent.any():
        mean = float(soft.mean()) if len(soft) else 0.0
        share = min(max(mean, SMALLEST_SHARE), 1 - SMALLEST_SHARE)
        return np.zeros(vectors.shape[1], np.float32), float(np.log(share / (1 - share)))
    doubled = np.concatenate([vectors[present], vectors[absent]])
    answers = np.repeat([1, 0], [present.sum(), absent.sum()])
    weights = np.concatenate([soft[present], 1 - soft[absent]])
    model = LogisticRegression(C=inverse_regularisation, max_iter=300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # near the optimum is near enough
        model.fit(doubled, answers, sample_weight=weights)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])
