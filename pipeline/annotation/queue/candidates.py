"""The pool of passages to choose from."""

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
    """A pool of n passages.

    Attributes:
        passages: ``passage_id text`` and others, one row per passage, sorted by id.
        probability: ``(n, questions)``: of a frame being present, or a target having any stance.
        dispute: ``(n,)``: disagreement of coders or models; 0 if none.
        done: ``(n,)``: passages that must not be chosen.
        similarity: threshold of near-duplicates.
        seed: for the sample and for breaking ties.
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
    def random_key(self) -> Floats:
        """``(n,)``: a pseudo-random number from 0 to 1 that depends only on the seed and the id."""
        drawn = [
            hashlib.sha256(f"{self.seed}\0{key}".encode()).digest()[:8]
            for key in self.passages["passage_id"]
        ]
        return np.array([int.from_bytes(x, "big") / 2**64 for x in drawn], np.float64)

    def families_of(self, rows: Collection[int]) -> dict[int, str]:
        """Row → its family of near-duplicates."""
        ordered = sorted(rows)
        texts = self.passages["text"][ordered].to_list()
        return dict(zip(ordered, families(texts, similarity=self.similarity), strict=True))

    @cached_property
    def weights(self) -> Floats:
        """``(hashed words,)``: idf weights, log((1 + n) / (1 + passages with the word))."""
        found = _hashed(self.passages["text"].to_list())
        frequency = np.bincount(found.indices, minlength=_HASHED)
        idf: Floats = np.log((1 + len(self)) / (1 + frequency))
        return idf

    def words_of(self, rows: Rows) -> Any:
        """``(rows, hashed words)``: sparse tf-idf vectors of unit length, for cosine similarity."""
        from sklearn.preprocessing import normalize

        found = _hashed(self.passages["text"][rows].to_list())
        found.data = self.weights[found.indices]
        return normalize(found)


def _hashed(texts: list[str]) -> Any:
    """``(texts, _HASHED)``: sparse binary word counts with hashing."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(n_features=_HASHED, alternate_sign=False, norm=None, binary=True)
    return hashing.transform(texts)
