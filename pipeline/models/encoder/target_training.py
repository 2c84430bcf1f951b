"""Training of a target reader on all targets that training passages mention.

It starts as a small network on the states of the encoder before fine-tuning, and then learns
together with the encoder's upper layers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.codebook import STANCES
from pipeline.codebook.cues import CueFinder
from pipeline.models.base import Mask, Matrix
from pipeline.models.encoder.encoding import Encoded, Rows
from pipeline.models.encoder.losses import positive_weights
from pipeline.models.encoder.mentioned_targets import Pairs, find_pairs
from pipeline.models.encoder.target_reader import TargetReader, Vector

if TYPE_CHECKING:
    import torch

INNER = 128
# Of the start on frozen states.
LEARNING_RATE, EPOCHS, BATCH, DROPOUT = 1e-3, 10, 256, 0.3
LARGEST_POSITIVE_WEIGHT = 5.0
# What its loss counts beside that of the head; at 1 the frames suffer.
LOSS_SHARE = 0.4
# Share of the median spread; features with less spread are not standardised (see ``probe.py``).
_CONSTANT = 1e-3


@dataclass(frozen=True)
class TargetExamples:
    """The m pairs that training passages mention, with their answers ``(m, 3)``."""

    cues: list[list[str]]
    columns: NDArray[np.int64]
    pairs: Pairs
    soft: Matrix
    asked: Mask

    @classmethod
    def among(
        cls,
        encoded: Encoded,
        soft: Matrix,
        asked: Mask,
        cues: Sequence[Sequence[str]],
        columns: Sequence[Sequence[int]],
    ) -> TargetExamples | None:
        """From the answers ``(n, outputs)``; None where there are no targets, or none that is
        mentioned was asked about."""
        if not cues:
            return None
        own = [list(words) for words in cues]
        outputs = np.array([list(three) for three in columns], np.int64).reshape(-1, len(STANCES))
        pairs = find_pairs(CueFinder(own), encoded)
        cells = pairs.row[:, None], outputs[pairs.target]
        if not asked[cells].any():
            return None
        return cls(own, outputs, pairs, soft[cells], asked[cells])


@dataclass
class TargetHead:
    """A target reader while it learns.

    Attributes:
        layers: weights and biases of both layers, as in :class:`TargetReader`.
        positive: ``(3,)``, what a present answer weighs.
    """

    examples: TargetExamples
    mean: Vector
    scale: Vector
    layers: list[torch.Tensor]
    positive: torch.Tensor

    @classmethod
    def start(cls, examples: TargetExamples, features: Matrix, seed: int) -> TargetHead:
        """Fitted on the ``(m, 3 hidden)`` features of an encoder that is left as it is."""
        import torch

        mean, scale = features.mean(axis=0), features.std(axis=0)
        scale = np.where(scale > _CONSTANT * np.median(scale), scale, 1.0).astype(np.float32)
        generator = torch.Generator().manual_seed(seed)
        layers = [
            *_layer(features.shape[1], INNER, generator),
            *_layer(INNER, len(STANCES), generator),
        ]
        weights = positive_weights(examples.soft, examples.asked, LARGEST_POSITIVE_WEIGHT)
        head = cls(examples, mean, scale, layers, torch.from_numpy(weights))
        optimizer = torch.optim.AdamW(layers, lr=LEARNING_RATE)
        x = torch.from_numpy(features)
        for _ in range(EPOCHS):
            order = torch.randperm(len(x), generator=generator)
            for start in range(0, len(order), BATCH):
                numbers = order[start : start + BATCH]
                loss = head._loss_of(x[numbers], numbers, DROPOUT, generator)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        return head

    def loss(
        self, states: torch.Tensor, rows: Rows, dropout: float, generator: torch.Generator
    ) -> torch.Tensor:
        """:data:`LOSS_SHARE` of the mean over the pairs of these rows, from their states ``(rows,
        longest, hidden)``; zero where they mention no target."""
        import torch

        positions, numbers = self.examples.pairs.of(rows)
        if not numbers:
            return states.new_zeros(())
        views = torch.zeros((len(numbers), 3, states.shape[1]))
        for place, number in enumerate(numbers):
            own = self.examples.pairs.views[number]
            views[place, :, : own.shape[1]] = torch.from_numpy(own)
        features = torch.matmul(views, states[positions]).flatten(1)
        return LOSS_SHARE * self._loss_of(features, torch.tensor(numbers), dropout, generator)

    def reader(self) -> TargetReader:
        layers = [layer.detach().numpy().copy() for layer in self.layers]
        examples = self.examples
        return TargetReader(examples.cues, examples.columns, self.mean, self.scale, *layers)

    def _loss_of(
        self,
        features: torch.Tensor,
        numbers: torch.Tensor,
        dropout: float,
        generator: torch.Generator,
    ) -> torch.Tensor:
        import torch
        from torch.nn.functional import binary_cross_entropy_with_logits, gelu, linear

        x = (features - torch.from_numpy(self.mean)) / torch.from_numpy(self.scale)
        kept = torch.rand(x.shape, generator=generator) >= dropout
        first, first_bias, second, second_bias = self.layers
        inner = gelu(linear(x * kept / (1 - dropout), first, first_bias))
        soft = torch.from_numpy(self.examples.soft)[numbers]
        asked = torch.from_numpy(self.examples.asked)[numbers]
        every = binary_cross_entropy_with_logits(
            linear(inner, second, second_bias), soft, pos_weight=self.positive, reduction="none"
        )
        return (every * asked).sum() / asked.sum().clamp(min=1)


def _layer(
    inputs: int, outputs: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Initial weights with torch's default distribution, from our own generator."""
    import torch

    bound = 1 / math.sqrt(inputs)
    weight = (torch.rand((outputs, inputs), generator=generator) * 2 - 1) * bound
    bias = (torch.rand(outputs, generator=generator) * 2 - 1) * bound
    return weight.requires_grad_(True), bias.requires_grad_(True)
