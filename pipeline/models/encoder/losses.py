"""Losses of fine-tuning: cross-entropy with soft targets over the asked questions, with three ways
of balancing many absent and few present answers.

- ``weighted``: positives of a rare output have larger weights (negatives / positives, up to a
  limit);
- ``focal``: well predicted answers have smaller weights (Lin et al. 2017, "Focal loss for dense
  object detection");
- ``asymmetric``: the same for absent answers only, with weight 0 for easy ones (Ridnik et al. 2021,
  "Asymmetric loss for multi-label classification").
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.models.base import Mask, Matrix
from pipeline.models.encoder.encoding import Rows

if TYPE_CHECKING:
    import torch

KINDS = ("weighted", "focal", "asymmetric")
# Absent answers with a probability below this have no asymmetric loss.
_MARGIN = 0.05


@dataclass(frozen=True)
class LossSettings:
    """``focusing`` is the exponent of the focal and asymmetric losses."""

    kind: str = "weighted"
    max_positive_weight: float = 5.0
    focusing: float = 2.0

    def check(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"loss: unknown {self.kind!r}; allowed: {', '.join(KINDS)}")


class Loss:
    """The loss on the answers of one training set."""

    def __init__(self, soft: Matrix, asked: Mask, settings: LossSettings) -> None:
        import torch

        settings.check()
        self.settings = settings
        self.soft, self.asked = torch.from_numpy(soft), torch.from_numpy(asked)
        weights = positive_weights(soft, asked, settings.max_positive_weight)
        self.positive_weight = torch.from_numpy(weights)

    def to(self, device: torch.device) -> Loss:
        """The same for :meth:`of` on another device."""
        moved = copy.copy(self)
        moved.positive_weight = self.positive_weight.to(device)
        return moved

    def __call__(self, logits: torch.Tensor, rows: Rows) -> torch.Tensor:
        """The mean over the asked answers of the training rows; zero if none was asked."""
        import torch

        chosen = torch.from_numpy(rows)
        return self.of(logits, self.soft[chosen], self.asked[chosen])

    def of(self, logits: torch.Tensor, soft: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
        """The loss of any ``(n, outputs)``, with the weights of the training set."""
        every = self._of_each(logits, soft)
        return (every * asked).sum() / asked.sum().clamp(min=1)

    def _of_each(self, logits: torch.Tensor, soft: torch.Tensor) -> torch.Tensor:
        import torch
        from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

        gamma = self.settings.focusing
        if self.settings.kind == "weighted":
            return binary_cross_entropy_with_logits(
                logits, soft, pos_weight=self.positive_weight, reduction="none"
            )
        p = torch.sigmoid(logits)
        if self.settings.kind == "focal":
            present = -soft * self.positive_weight * (1 - p) ** gamma * logsigmoid(logits)
            return present - (1 - soft) * p**gamma * logsigmoid(-logits)
        shifted = (p - _MARGIN).clamp(min=0)
        absent = -(1 - soft) * shifted**gamma * torch.log((1 - shifted).clamp(min=1e-8))
        return absent - soft * logsigmoid(logits)


def positive_weights(soft: Matrix, asked: Mask, largest: float) -> NDArray[np.float32]:
    """``(outputs,)``: negatives / positives among asked answers, from 1 to ``largest``."""
    positives = np.where(asked, soft, 0).sum(axis=0)
    negatives = np.where(asked, 1 - soft, 0).sum(axis=0)
    ratio = np.divide(negatives, positives, out=np.ones_like(negatives), where=positives > 0)
    weights: NDArray[np.float32] = np.clip(ratio, 1.0, largest).astype(np.float32)
    return weights
