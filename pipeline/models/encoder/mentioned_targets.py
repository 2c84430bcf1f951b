"""Token positions at which passages mention targets, and averages of token states there."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.codebook.cues import CueFinder
from pipeline.models.base import Mask, Matrix
from pipeline.models.encoder.encoding import Encoded, Rows

WINDOW = 24  # tokens on either side of a mention
VIEWS = 3  # mentions, their surroundings, whole text


@dataclass(frozen=True)
class Pairs:
    """m pairs (passage, target) in which the target is mentioned.

    Attributes:
        row: ``(m,)`` row numbers of passages.
        target: ``(m,)`` target numbers.
        views: ``(3, tokens)`` per pair: the weight of every token in each of the three means.
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
        """An empty array for :meth:`pool` to fill."""
        return np.zeros((len(self), VIEWS * hidden), np.float32)

    def of(self, rows: Rows) -> tuple[list[int], list[int]]:
        """The pairs of these rows: the position of each one's row among them, and its number."""
        found = [
            (position, pair)
            for position, row in enumerate(rows.tolist())
            for pair in self._of_row.get(row, ())
        ]
        return [position for position, _ in found], [pair for _, pair in found]

    def pool(self, rows: Rows, states: Matrix, features: Matrix) -> None:
        """Average the states ``(rows, longest, hidden)`` of these rows into ``features``."""
        for position, pair in zip(*self.of(rows), strict=True):
            views = self.views[pair]
            means: Matrix = np.matmul(views, states[position, : views.shape[1]])
            features[pair] = means.reshape(-1)

    def marks(self, count: int) -> list[bytes]:
        """A key for the pairs of each of ``count`` passages; empty if it has none."""
        result = [b""] * count
        for row, pairs in self._of_row.items():
            digest = hashlib.sha256()
            for pair in pairs:
                digest.update(self.target[pair].tobytes() + self.views[pair].tobytes())
            result[row] = digest.digest()
        return result


def find_pairs(finder: CueFinder, encoded: Encoded) -> Pairs:
    """The pairs in the order of the texts, without mentions in truncated parts."""
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
