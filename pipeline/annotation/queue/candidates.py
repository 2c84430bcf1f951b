"""The passages to choose from, and what is known of each."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.text.near_duplicates import families

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
_HASHED = 2**18


@dataclass(frozen=True)
class Pool:
    """Passages in one order, whatever order they came in.

    Attributes:
        passages: ``passage_id text`` and others, sorted by id, each once; n rows.
        probability: ``(n, questions)``: that a frame is present, that a target has any stance.
        dispute: ``(n,)``: how much coders or models disagree; 0 where they do not.
        done: rows that are not to be asked again.
        similarity: from where on two texts are near-duplicates.
        seed: settles ties and the sample.
    """

    passages: pl.DataFrame
    probability: Floats
    dispute: Floats
    done: NDArray[np.bool_]
    similarity: float
    seed: int

    def __len__(self) -> int:
        return self.passages.height

    @property
    def ids(self) -> list[str]:
        return self.passages["passage_id"].to_list()

    @cached_property
    def chance(self) -> Floats:
        """``(n,)``: a number in 0 to 1 for each passage, drawn by the seed and its id alone."""
        drawn = [
            hashlib.sha256(f"{self.seed}\0{key}".encode()).digest()[:8]
            for key in self.passages["passage_id"]
        ]
        return np.array([int.from_bytes(x, "big") / 2**64 for x in drawn], np.float64)

    def families_of(self, rows: Collection[int]) -> dict[int, str]:
        """Near-duplicate families of some rows."""
        ordered = sorted(rows)
        texts = self.passages["text"][ordered].to_list()
        return dict(zip(ordered, families(texts, similarity=self.similarity), strict=True))

    @cached_property
    def weights(self) -> Floats:
        """``(hashed words,)``: how telling each word is, log((1 + n) / (1 + passages with it))."""
        found = _hashed(self.passages["text"].to_list())
        frequency = np.bincount(found.indices, minlength=_HASHED)
        telling: Floats = np.log((1 + len(self)) / (1 + frequency))
        return telling

    def words_of(self, rows: Rows) -> Any:
        """``(rows, hashed words)`` sparse, rows of unit length: to tell how alike texts are.

        Words that stand everywhere hardly count; else every long text would be like the others.
        """
        from sklearn.preprocessing import normalize

        found = _hashed(self.passages["text"][rows].to_list())
        found.data = self.weights[found.indices]
        return normalize(found)


def _hashed(texts: list[str]) -> Any:
    """Which of :data:`_HASHED` places the words of each text have, sparse."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(n_features=_HASHED, alternate_sign=False, norm=None, binary=True)
    return hashing.transform(texts)
