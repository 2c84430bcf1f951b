"""An encoder with its head as one torch module, as a training of every layer needs it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.encoding import Batch, hidden_states, pool
from pipeline.models.linear.logistic import LinearHeads

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class TrainableEncoder(nn.Module):
    """From tokens to logits; what learns are the parameters that want a gradient.

    Attributes:
        encoder: a copy that may be trained.
        head: from ``hidden`` to the outputs.
    """

    def __init__(self, backbone: Backbone, heads: LinearHeads, dropout: float) -> None:
        super().__init__()
        outputs, hidden = heads.weights.shape
        self.encoder = backbone.encoder
        self.dropout = nn.Dropout(dropout)
        with torch.device("meta"):  # its random numbers would be drawn from the global generator
            self.head = nn.Linear(hidden, outputs)
        self.head.to_empty(device="cpu")
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(heads.weights))
            self.head.bias.copy_(torch.from_numpy(heads.offsets))
        self._backbone = backbone

    def forward(
        self, ids: torch.Tensor, segments: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """``(rows, outputs)`` logits of ``(rows, longest)`` tokens."""
        states = hidden_states(self.over(self._backbone), Batch(ids, segments, mask))
        pooled = pool(states.float(), mask, self._backbone.pooling)
        logits: torch.Tensor = self.head(self.dropout(pooled))
        return logits

    def over(self, backbone: Backbone) -> Backbone:
        """The backbone with this encoder."""
        encoder: PreTrainedModel = self.encoder
        return replace(backbone, encoder=encoder)

    def heads(self) -> LinearHeads:
        weight, bias = (part.detach().cpu().numpy() for part in self.head.parameters())
        return LinearHeads(weight.copy(), bias.copy())


def learning(module: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that learn, by name, each once."""
    return {name: p for name, p in module.named_parameters() if p.requires_grad}
