"""A second head of a fine-tuned encoder: the stance toward a target, read where it is mentioned.

"Blamed for …" says the same of whichever target stands beside it. So every target that a passage
mentions is an example for one small network, which sees the states of the tokens of its mentions,
of those around them and of the whole text, and is not told which target it is. Targets that are
rare, or new, are read as frequent ones are. What counts as a mention are the codebook's cues.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.codebook import STANCES
from pipeline.codebook.cues import CueFinder
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import Mask, Matrix
from pipeline.models.encoder.encoding import Encoded, Rows, batches
from pipeline.models.encoder.losses import positive_weights
from pipeline.models.encoder.training import Task

if TYPE_CHECKING:
    import torch

WINDOW = 24  # tokens on either side of a mention
VIEWS = 3  # the mentions, their surroundings, the text
INNER = 128
LEARNING_RATE = 1e-3
BATCH = 256
DROPOUT = 0.3
EPOCHS, PATIENCE = 30, 4
LARGEST_POSITIVE_WEIGHT = 5.0
# Of the median spread of features; one that varies less is not standardised (see ``probe.py``).
_CONSTANT = 1e-3
_JSON, _TENSORS = "target_reader.json", "target_reader.safetensors"

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Pairs:
    """The (passage, target) pairs in which a target is mentioned, m of them.

    Attributes:
        row: ``(m,)``, of the passage.
        target: ``(m,)``, its number.
        views: of each pair, ``(3, tokens)``: what every token counts in each of the three means.
    """

    row: Rows
    target: Rows
    views: list[Matrix]

    @classmethod
    def none(cls) -> Pairs:
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), [])

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def _of_row(self) -> dict[int, list[int]]:
        table: dict[int, list[int]] = defaultdict(list)
        for pair, row in enumerate(self.row.tolist()):
            table[row].append(pair)
        return dict(table)

    def no_features(self, hidden: int) -> Matrix:
        """Room for what :meth:`pool` finds."""
        return np.zeros((len(self), VIEWS * hidden), np.float32)

    def pool(self, rows: Rows, states: Matrix, features: Matrix) -> None:
        """From the states ``(rows, longest, hidden)`` of these rows, into their pairs' features."""
        for position, row in enumerate(rows.tolist()):
            for pair in self._of_row.get(row, ()):
                views = self.views[pair]
                means: Matrix = np.matmul(views, states[position, : views.shape[1]])
                features[pair] = means.reshape(-1)

    def marks(self, count: int) -> list[bytes]:
        """Of each of ``count`` passages, what stands for its pairs; nothing where it has none."""
        result = [b""] * count
        for row, pairs in self._of_row.items():
            digest = hashlib.sha256()
            for pair in pairs:
                digest.update(self.target[pair].tobytes() + self.views[pair].tobytes())
            result[row] = digest.digest()
        return result


def find_pairs(finder: CueFinder, encoded: Encoded) -> Pairs:
    """In the texts' order; mentions behind the cut of a text are not found."""
    found, views = [], []
    for row, (text, offsets) in enumerate(zip(encoded.texts, encoded.offsets, strict=True)):
        spans: dict[int, list[NDArray[np.int64]]] = defaultdict(list)
        for start, end, target in finder.find(text):
            tokens = np.flatnonzero((offsets[:, 0] < end) & (offsets[:, 1] > start))
            if len(tokens):
                spans[target].append(tokens)
        for target in sorted(spans):
            found.append((row, target))
            views.append(_views(offsets[:, 1] >= 0, spans[target]))
    numbers = np.array(found, np.int64).reshape(-1, 2)
    return Pairs(numbers[:, 0], numbers[:, 1], views)


def _views(of_text: Mask, mentions: Sequence[NDArray[np.int64]]) -> Matrix:
    own, around = np.zeros_like(of_text), np.zeros_like(of_text)
    for tokens in mentions:
        own[tokens] = True
        around[max(0, tokens[0] - WINDOW) : tokens[-1] + WINDOW + 1] = True
    views: Matrix = np.stack([own, around & of_text, of_text]).astype(np.float32)
    views /= views.sum(axis=1, keepdims=True)
    return views


@dataclass(frozen=True)
class TargetReader:
    """One network for all targets: standardised features, a hidden layer with GELU, three logits.

    Attributes:
        cues: of each target.
        columns: ``(targets, 3)``, the outputs against, neutral, favour of each.
        mean: ``(features,)``; ``scale`` likewise.
        first: ``(128, features)``; ``first_bias``: ``(128,)``.
        second: ``(3, 128)``; ``second_bias``: ``(3,)``.
    """

    cues: list[list[str]]
    columns: NDArray[np.int64]
    mean: Vector
    scale: Vector
    first: Matrix
    first_bias: Vector
    second: Matrix
    second_bias: Vector

    def pairs(self, encoded: Encoded) -> Pairs:
        return find_pairs(self._finder, encoded)

    def marks(self, encoded: Encoded) -> list[bytes]:
        """What this reads of each passage beside its tokens: a cue may tell apart what a tokenizer
        does not (``US`` and "us", two unknown names)."""
        return self.pairs(encoded).marks(len(encoded.ids))

    def logits(self, features: Matrix) -> Matrix:
        """``(m, 3)`` of the ``(m, 3 hidden)`` features of pairs."""
        from scipy.special import erf

        inner = (features - self.mean) / self.scale @ self.first.T + self.first_bias
        inner = inner * 0.5 * (1 + erf(inner / np.float32(math.sqrt(2))))
        result: Matrix = (inner @ self.second.T + self.second_bias).astype(np.float32)
        return result

    def join(self, logits: Matrix, pairs: Pairs, features: Matrix) -> None:
        """Into the head's ``(n, outputs)``: at mentioned targets the mean of both."""
        if len(pairs):
            cells = pairs.row[:, None], self.columns[pairs.target]
            logits[cells] = (logits[cells] + self.logits(features)) / 2

    @cached_property
    def _finder(self) -> CueFinder:
        return CueFinder(self.cues)

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file

        save_file({name: getattr(self, name) for name in _TENSOR_NAMES}, folder / _TENSORS)
        files.write_json(folder / _JSON, {"cues": self.cues, "columns": self.columns.tolist()})

    @staticmethod
    def lies_in(folder: Path) -> bool:
        return (folder / _JSON).is_file()

    @classmethod
    def load(cls, folder: Path) -> TargetReader:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        raw = files.read_json(folder / _JSON)
        try:
            tensors = load_file(folder / _TENSORS)
            return cls(
                [[str(cue) for cue in cues] for cues in raw["cues"]],
                np.array(raw["columns"], np.int64).reshape(-1, len(STANCES)),
                **{name: tensors[name] for name in _TENSOR_NAMES},
            )
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{folder / _JSON}: not a target reader: {error!r}") from error


_TENSOR_NAMES = [f.name for f in fields(TargetReader) if f.name not in ("cues", "columns")]


@dataclass(frozen=True)
class _Examples:
    """Pairs with their features and answers, ``(m, ·)`` each."""

    features: Matrix
    soft: Matrix
    asked: Mask

    @classmethod
    def of(cls, task: Task, finder: CueFinder, columns: NDArray[np.int64]) -> _Examples:
        """Only passages that mention a target are read."""
        import torch

        pairs = find_pairs(finder, task.trunk.encoded)
        cells = pairs.row[:, None], columns[pairs.target]
        if not len(pairs):
            return cls(np.zeros((0, 0), np.float32), task.soft[cells], task.asked[cells])
        rows = np.unique(pairs.row)
        features: Matrix | None = None
        for batch in batches(task.trunk.encoded.take(rows.tolist())):
            with torch.no_grad():
                states = task.trunk.states(rows[batch])[0].numpy()
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
    """Learn from the targets mentioned in ``train``; the epoch with the least loss on ``dev`` is
    kept, the last one where dev has nothing to judge by.

    None where there are no targets, or none that is mentioned was asked about.
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
    """First weights as torch's own, from a generator of ours."""
    import torch

    bound = 1 / math.sqrt(inputs)
    weight = (torch.rand((outputs, inputs), generator=generator) * 2 - 1) * bound
    bias = (torch.rand(outputs, generator=generator) * 2 - 1) * bound
    return weight.requires_grad_(True), bias.requires_grad_(True)
