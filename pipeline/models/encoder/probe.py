"""A linear probe: logistic regressions on the pooled vectors of a frozen backbone.

Also the initial head of fine-tuning: first the probe, then the upper layers (Kumar et al. 2022,
"Fine-tuning can distort pretrained features and underperform out-of-distribution").
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from pipeline.io.files import read_json, write_json
from pipeline.io.progress import Progress, quiet
from pipeline.models.base import LabeledPassages, Mask, Matrix
from pipeline.models.encoder.backbones import Backbone, load_backbone, load_saved
from pipeline.models.encoder.cache import OutputCache
from pipeline.models.encoder.encoding import encode, features
from pipeline.models.encoder.heads import EncoderHeads
from pipeline.models.linear.logistic import LinearHeads, fit_heads

# Share of the median spread of features; smaller spreads are rounding noise. MiniLM has three such
# features.
CONSTANT = 1e-3


def fit_probe(
    vectors: Matrix, soft: Matrix, asked: Mask, inverse_regularisation: float
) -> LinearHeads:
    """Logistic regressions on standardised ``(n, hidden)``, with weights for the raw vectors.

    A nearly constant feature is not standardised: its rounding noise would get large weights, which
    harm results with a slightly different encoder.
    """
    mean, scale = vectors.mean(axis=0), vectors.std(axis=0)
    scale = np.where(scale > CONSTANT * np.median(scale), scale, 1.0).astype(np.float32)
    heads = fit_heads((vectors - mean) / scale, soft, asked, inverse_regularisation)
    weights = heads.weights / scale
    return LinearHeads(weights, (heads.offsets - weights @ mean).astype(np.float32))


@dataclass(frozen=True)
class FittedProbe(EncoderHeads):
    """Heads on a frozen backbone."""

    kind: ClassVar[str] = "probe"

    def save(self, folder: Path) -> None:
        """Write head and settings, and the backbone unless it comes from a package."""
        self.heads.save(folder / "head.safetensors")
        settings = {"context": self.context, "truncated": self.truncated}
        write_json(folder / "probe.json", settings | {"backbone": self.backbone.settings()})
        if self.backbone.kind == "hub":
            (folder / "backbone").mkdir()
            self.backbone.save(folder / "backbone")

    @classmethod
    def load(cls, folder: Path) -> FittedProbe:
        """Raises :class:`InputError` if the package with the backbone is not installed."""
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
        heads = LinearHeads.load(folder / "head.safetensors")
        return cls(backbone, heads, settings["context"], settings["truncated"])


@dataclass(frozen=True)
class ProbeRecipe:
    """Settings of a probe; ``context`` is none, before or both."""

    backbone: Backbone
    inverse_regularisation: float = 0.01
    context: str = "none"
    progress: Progress = quiet

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> FittedProbe:
        """Train on ``train``; ``dev`` is not used."""
        encoded = encode(self.backbone, train.passages, self.context)
        vectors = features(self.backbone, encoded, self.progress)
        heads = fit_probe(vectors, train.soft, train.asked, self.inverse_regularisation)
        truncated = int(encoded.truncated.sum())
        return FittedProbe(self.backbone, heads, self.context, truncated, OutputCache())
