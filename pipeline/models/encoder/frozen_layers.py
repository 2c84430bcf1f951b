"""The part of an encoder that learns, and the frozen part under it that is computed only once."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.io.progress import Progress
from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.encoding import Encoded, Rows, batches, hidden_states, padded

if TYPE_CHECKING:
    import torch
    from torch import nn
    from transformers import PreTrainedModel

# Encoders that are `embeddings`, then `encoder.layer` one after another with nothing between.
STACKED = ("bert", "roberta", "xlm-roberta", "camembert")


class Trunk(Protocol):
    """Hands over what the head reads, for rows of one fixed set of passages."""

    @property
    def encoded(self) -> Encoded: ...

    def states(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        """``(rows, longest, hidden)`` of the last layer and the bool mask ``(rows, longest)``."""
        ...


def learning_copy(encoder: PreTrainedModel, frozen_layers: int) -> PreTrainedModel:
    """A copy whose layers from ``frozen_layers`` up may learn; all the rest is shared memory.

    Embeddings never learn: they are most of the weights, and few of their rows occur in training.
    """
    learning = {id(p) for layer in layers_of(encoder)[frozen_layers:] for p in layer.parameters()}
    shared = {id(p): p for p in encoder.parameters() if id(p) not in learning}
    clone = copy.deepcopy(encoder, dict(shared))
    for layer in layers_of(clone)[frozen_layers:]:
        layer.requires_grad_(True)
    return clone


def layers_of(encoder: PreTrainedModel) -> nn.ModuleList:
    """The transformer layers, lowest first."""
    from torch import nn

    count = encoder.config.num_hidden_layers
    for module in encoder.modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return module
    kind = encoder.config.model_type
    raise InputError(
        f"backbone: no layers found in a {kind} encoder; "
        "use train.method=full or model=probe with it"
    )


@dataclass
class Trunks:
    """Makes trunks, and remembers what frozen layers said for the next training that asks for it.

    The settings of a search differ in what learns; the frozen layers under it are the same, and
    computing them is a third of a training.

    Attributes:
        room: how many sets of passages are remembered, the oldest forgotten first; a set of n
            tokens takes ``2 n hidden`` bytes. Train and dev of one setting are two sets.
    """

    room: int = 0
    _below: dict[bytes, torch.Tensor] = field(default_factory=dict, repr=False)

    def over(
        self, backbone: Backbone, encoded: Encoded, frozen_layers: int, progress: Progress
    ) -> Trunk:
        """Over ``backbone.encoder``, which is a :func:`learning_copy`."""
        if backbone.encoder.config.model_type not in STACKED:
            return WholeTrunk(backbone, encoded)
        if self.room == 0:
            below = _frozen_states(backbone, encoded, frozen_layers, progress)
        else:
            asked = _identity(backbone, encoded, frozen_layers)
            if asked not in self._below:
                while len(self._below) >= self.room:
                    del self._below[next(iter(self._below))]
                self._below[asked] = _frozen_states(backbone, encoded, frozen_layers, progress)
            below = self._below[asked]
        return CachedTrunk(backbone.encoder, frozen_layers, below, _starts(encoded), encoded)


@dataclass(frozen=True)
class WholeTrunk:
    """For encoders whose layers cannot be run apart: everything is computed every time."""

    backbone: Backbone
    encoded: Encoded

    def states(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        batch = padded(self.backbone, self.encoded, rows)
        return hidden_states(self.backbone, batch), batch.mask


@dataclass(frozen=True)
class CachedTrunk:
    """Runs the upper layers over remembered outputs of the lower ones.

    Attributes:
        encoder: its ``encoder.layer[frozen_layers:]`` are run.
        below: ``(tokens, hidden)`` float16, the passages' outputs one after another.
        starts: where each passage begins in ``below``.
    """

    encoder: PreTrainedModel
    frozen_layers: int
    below: torch.Tensor
    starts: NDArray[np.int64]
    encoded: Encoded

    def states(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        lengths = self.encoded.lengths
        longest = int(lengths[rows].max())
        states = torch.zeros((len(rows), longest, self.below.shape[1]))
        mask = torch.zeros((len(rows), longest), dtype=torch.bool)
        for position, row in enumerate(rows):
            start, length = self.starts[row], lengths[row]
            states[position, :length] = self.below[start : start + length]
            mask[position, :length] = True
        layers = layers_of(self.encoder)[self.frozen_layers :]
        return _run(self.encoder, list(layers), states, mask), mask


def _starts(encoded: Encoded) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(encoded.lengths)[:-1]]).astype(np.int64)


def _frozen_states(
    backbone: Backbone, encoded: Encoded, frozen_layers: int, progress: Progress
) -> torch.Tensor:
    """``(tokens, hidden)`` float16: what the highest frozen layer says."""
    import torch

    encoder, lengths, starts = backbone.encoder, encoded.lengths, _starts(encoded)
    below = torch.zeros((int(lengths.sum()), backbone.hidden_size), dtype=torch.float16)
    lower = list(layers_of(encoder)[:frozen_layers])
    with progress(len(lengths), "Frozen layers") as advance, torch.no_grad():
        for rows in batches(encoded):
            batch = padded(backbone, encoded, rows)
            segments = batch.segments if backbone.has_segments else None
            embeddings: nn.Module = encoder.embeddings  # type: ignore[assignment]
            states = embeddings(input_ids=batch.ids, token_type_ids=segments)
            states = _run(encoder, lower, states, batch.mask)
            for position, row in enumerate(rows):
                length = lengths[row]
                below[starts[row] : starts[row] + length] = states[position, :length]
            advance(len(rows))
    return below


def _identity(backbone: Backbone, encoded: Encoded, frozen_layers: int) -> bytes:
    """A digest of all that the frozen layers' answer depends on."""
    encoder = backbone.encoder
    digest = hashlib.sha256(f"{frozen_layers} {encoder.config.to_json_string()}".encode())
    embeddings: nn.Module = encoder.embeddings  # type: ignore[assignment]
    for part in [embeddings, *layers_of(encoder)[:frozen_layers]]:
        for parameter in part.parameters():
            digest.update(parameter.detach().numpy().tobytes())
    for array in [encoded.lengths, *encoded.ids, *encoded.segments]:
        digest.update(array.tobytes())
    return digest.digest()


def _run(
    encoder: PreTrainedModel, layers: list[nn.Module], states: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    from transformers.masking_utils import create_bidirectional_mask

    attention = create_bidirectional_mask(
        config=encoder.config, inputs_embeds=states, attention_mask=mask
    )
    for layer in layers:
        states = layer(states, attention)
    return states
