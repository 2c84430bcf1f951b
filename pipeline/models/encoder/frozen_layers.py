"""The trainable upper layers of an encoder, and the frozen layers, which are computed only once."""

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

# Encoders that consist of `embeddings` followed by the layers in `encoder.layer`.
STACKED = ("bert", "roberta", "xlm-roberta", "camembert")


class StateSource(Protocol):
    """Computes the last hidden states for rows of one fixed set of passages."""

    @property
    def encoded(self) -> Encoded: ...

    def states(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        """``(rows, longest, hidden)`` of the last layer and the bool mask ``(rows, longest)``."""
        ...


def trainable_copy(encoder: PreTrainedModel, frozen_layers: int) -> PreTrainedModel:
    """A copy in which the layers from ``frozen_layers`` up are trainable; the rest is shared.

    Embeddings are always frozen: they are most of the weights, and few of their rows occur in
    training.
    """
    learning = {id(p) for layer in layers_of(encoder)[frozen_layers:] for p in layer.parameters()}
    shared = {id(p): p for p in encoder.parameters() if id(p) not in learning}
    clone = copy.deepcopy(encoder, dict(shared))
    for layer in layers_of(clone)[frozen_layers:]:
        layer.requires_grad_(True)
    return clone


def layers_of(encoder: PreTrainedModel) -> nn.ModuleList:
    """The transformer layers, from bottom to top."""
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
class FrozenLayerCache:
    """Creates state sources, and caches outputs of frozen layers for later trainings.

    In a hyperparameter search the frozen layers are often the same; they take a third of the time
    of a training.

    Attributes:
        max_sets: number of cached sets of passages; the oldest is dropped first. A set of n tokens
            takes ``2 n hidden`` bytes. Train and dev are two sets.
    """

    max_sets: int = 0
    _cached: dict[bytes, torch.Tensor] = field(default_factory=dict, repr=False)

    def states_over(
        self, backbone: Backbone, encoded: Encoded, frozen_layers: int, progress: Progress
    ) -> StateSource:
        """The states of ``backbone.encoder``, which is a :func:`trainable_copy`."""
        if backbone.encoder.config.model_type not in STACKED:
            return UncachedStates(backbone, encoded)
        if self.max_sets == 0:
            lower = _frozen_states(backbone, encoded, frozen_layers, progress)
        else:
            key = _identity(backbone, encoded, frozen_layers)
            if key not in self._cached:
                while len(self._cached) >= self.max_sets:
                    del self._cached[next(iter(self._cached))]
                self._cached[key] = _frozen_states(backbone, encoded, frozen_layers, progress)
            lower = self._cached[key]
        return CachedStates(backbone.encoder, frozen_layers, lower, _starts(encoded), encoded)


@dataclass(frozen=True)
class UncachedStates:
    """For encoders whose layers cannot be run separately; all layers are computed every time."""

    backbone: Backbone
    encoded: Encoded

    def states(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        batch = padded(self.backbone, self.encoded, rows)
        return hidden_states(self.backbone, batch), batch.mask


@dataclass(frozen=True)
class CachedStates:
    """Runs the upper layers on cached outputs of the lower ones.

    Attributes:
        encoder: its ``encoder.layer[frozen_layers:]`` are run.
        lower: ``(tokens, hidden)`` float16 outputs of the frozen layers, passages concatenated.
        starts: the first row of each passage in ``lower``.
    """

    encoder: PreTrainedModel
    frozen_layers: int
    lower: torch.Tensor
    starts: NDArray[np.int64]
    encoded: Encoded

    def states(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        lengths = self.encoded.lengths
        longest = int(lengths[rows].max())
        states = torch.zeros((len(rows), longest, self.lower.shape[1]))
        mask = torch.zeros((len(rows), longest), dtype=torch.bool)
        for position, row in enumerate(rows):
            start, length = self.starts[row], lengths[row]
            states[position, :length] = self.lower[start : start + length]
            mask[position, :length] = True
        layers = layers_of(self.encoder)[self.frozen_layers :]
        return _run(self.encoder, list(layers), states, mask), mask


def _starts(encoded: Encoded) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(encoded.lengths)[:-1]]).astype(np.int64)


def _frozen_states(
    backbone: Backbone, encoded: Encoded, frozen_layers: int, progress: Progress
) -> torch.Tensor:
    """``(tokens, hidden)`` float16 outputs of the highest frozen layer."""
    import torch

    encoder, lengths, starts = backbone.encoder, encoded.lengths, _starts(encoded)
    lower = torch.zeros((int(lengths.sum()), backbone.hidden_size), dtype=torch.float16)
    layers = list(layers_of(encoder)[:frozen_layers])
    with progress(len(lengths), "Frozen layers") as advance, torch.no_grad():
        for rows in batches(encoded):
            batch = padded(backbone, encoded, rows)
            segments = batch.segments if backbone.has_segments else None
            embeddings: nn.Module = encoder.embeddings  # type: ignore[assignment]
            states = embeddings(input_ids=batch.ids, token_type_ids=segments)
            states = _run(encoder, layers, states, batch.mask)
            for position, row in enumerate(rows):
                length = lengths[row]
                lower[starts[row] : starts[row] + length] = states[position, :length]
            advance(len(rows))
    return lower


def _identity(backbone: Backbone, encoded: Encoded, frozen_layers: int) -> bytes:
    """A digest of everything that the outputs of the frozen layers depend on."""
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
