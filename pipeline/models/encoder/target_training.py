"""Training of a target reader on all targets that training passages mention."""

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
from pipeline.models.encoder.encoding import batches
from pipeline.models.encoder.losses import positive_weights
from pipeline.models.encoder.mentioned_targets import find_pairs
from pipeline.models.encoder.target_reader import TargetReader, Vector
from pipeline.models.encoder.training import Task

if TYPE_CHECKING:
    import torch

INNER = 128
LEARNING_RATE = 1e-3
BATCH = 256
DROPOUT = 0.3
EPOCHS, PATIENCE = 30, 4
LARGEST_POSITIVE_WEIGHT = 5.0
# Share of the median spread; features with less spread are not standardised (see ``probe.py``).
_CONSTANT = 1e-3


@dataclass(frozen=True)
class _Examples:
    """Pairs with their features and answers, ``(m, ·)`` each."""

    features: Matrix
    soft: Matrix
    asked: Mask

    @classmethod
    def of(cls, task: Task, finder: CueFinder, columns: NDArray[np.int64]) -> _Examples:
        """The examples of a task; only passages that mention a target are encoded."""
        import torch

        pairs = find_pairs(finder, task.source.encoded)
        cells = pairs.row[:, None], columns[pairs.target]
        if not len(pairs):
            return cls(np.zeros((0, 0), np.float32), task.soft[cells], task.asked[cells])
        rows = np.unique(pairs.row)
        features: Matrix | None = None
        for batch in batches(task.source.encoded.take(rows.tolist())):
            with torch.no_grad():
                states = task.source.states(rows[batch])[0].numpy()
            if features is None:
                features = pairs.no_features(states.shape[2])
            pairs.pool(rows[batch], states, features)
        assert features is not None
        return cls(features, task.soft[cells], task.asked[cells])


def fit_target_reader(
    cues: Sequence[Sequence[str]],
    columns: Sequence[Sequence[int]],
    train: Task,
    dev: Task,
    seed: int,
) -> TargetReader | None:
    """Train on the targets mentioned in ``train`` and keep the epoch with the least loss on
    ``dev``, or the last one if dev has no examples.

    None if there are no targets, or no mentioned target was asked about.
    """
    if not cues:
        return None
    own = [list(words) for words in cues]
    outputs = np.array([list(three) for three in columns], np.int64).reshape(-1, len(STANCES))
    finder = CueFinder(own)
    learnt_from = _Examples.of(train, finder, outputs)
    if not learnt_from.asked.any():
        return None
    mean, scale = learnt_from.features.mean(axis=0), learnt_from.features.std(axis=0)
    scale = np.where(scale > _CONSTANT * np.median(scale), scale, 1.0).astype(np.float32)
    judged_on = _Examples.of(dev, finder, outputs)
    layers = _learn(learnt_from, judged_on, mean, scale, seed)
    return TargetReader(own, outputs, mean, scale, *layers)


def _learn(
    train: _Examples, dev: _Examples, mean: Vector, scale: Vector, seed: int
) -> list[Matrix]:
    """Weights and biases of both layers."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, gelu, linear

    generator = torch.Generator().manual_seed(seed)
    positive = torch.from_numpy(positive_weights(train.soft, train.asked, LARGEST_POSITIVE_WEIGHT))
    layers = [
        *_layer(train.features.shape[1], INNER, generator),
        *_layer(INNER, len(STANCES), generator),
    ]

    def tensors(examples: _Examples) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        features = torch.from_numpy((examples.features - mean) / scale)
        return features, torch.from_numpy(examples.soft), torch.from_numpy(examples.asked)

    def loss_of(x: torch.Tensor, soft: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
        logits = linear(gelu(linear(x, layers[0], layers[1])), layers[2], layers[3])
        every = binary_cross_entropy_with_logits(
            logits, soft, pos_weight=positive, reduction="none"
        )
        return (every * asked).sum() / asked.sum().clamp(min=1)

    x, soft, asked = tensors(train)
    judge = tensors(dev) if dev.asked.any() else None
    optimizer = torch.optim.AdamW(layers, lr=LEARNING_RATE)
    best, best_loss, best_number = layers, math.inf, 0
    for number in range(1, EPOCHS + 1):
        order = torch.randperm(len(x), generator=generator)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            kept = torch.rand((len(rows), x.shape[1]), generator=generator) >= DROPOUT
            loss = loss_of(x[rows] * kept / (1 - DROPOUT), soft[rows], asked[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        if judge is None:
            continue
        with torch.no_grad():
            dev_loss = loss_of(*judge).item()
        if dev_loss < best_loss:
            best, best_loss = [part.detach().clone() for part in layers], dev_loss
            best_number = number
        if number - best_number >= PATIENCE:
            break
    return [part.detach().numpy().copy() for part in best]


def _layer(
    inputs: int, outputs: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Initial weights with torch's default distribution, from our own generator."""
    import torch

    bound = 1 / math.sqrt(inputs)
    weight = (torch.rand((outputs, inputs), generator=generator) * 2 - 1) * bound
    bias = (torch.rand(outputs, generator=generator) * 2 - 1) * bound
    return weight.requires_grad_(True), bias.requires_grad_(True)
