"""Families of near-duplicates: texts that differ in a few words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.text.passage_id import normalise

SHINGLE_WORDS = 3
_PERMUTATIONS = 128
_SEED = 1
# Largest share of pairs exactly at the similarity threshold that the bands may miss.
_MISSED = 0.001
_CHUNK = 10_000

_WORD = re.compile(r"\w+")


def families(texts: Sequence[str], *, similarity: float) -> list[str]:
    """One family id per text: equal for texts whose word shingles have a Jaccard similarity of
    at least ``similarity``, directly or through a chain of other texts.

    Candidates come from MinHash bands; each pair is verified exactly. Case, white space and
    punctuation are ignored. A text with fewer words than a shingle matches only its own copies. The
    id is the smallest hash in the family, so it does not depend on row order or repeated rows.
    """
    hashes = [_hash(text) for text in texts]
    distinct = dict(zip(hashes, texts, strict=True))
    ids = sorted(distinct)
    joined = _Components(len(ids))
    shingles = [_shingles(distinct[key]) for key in ids]
    for bucket in _buckets(shingles, similarity):
        _join(bucket, shingles, joined, similarity)
    # Ids are sorted, so the root with the smallest number has the smallest hash.
    family = {key: ids[joined.root(row)] for row, key in enumerate(ids)}
    return [family[key] for key in hashes]


class Distinct:
    """A growing set of texts without near-duplicates.

    For a few hundred texts whose order matters; use :func:`families` for many texts in any order.
    """

    def __init__(self, similarity: float) -> None:
        self.similarity = similarity
        self._seen: dict[str, frozenset[str]] = {}

    def add(self, text: str) -> bool:
        """Add a text unless it is a near-duplicate of one added before; returns whether it was
        added."""
        key, shingles = _hash(text), _shingles(text)
        if key in self._seen or any(
            _jaccard(shingles, seen) >= self.similarity for seen in self._seen.values()
        ):
            return False
        self._seen[key] = shingles
        return True


def _hash(text: str) -> str:
    key = normalise(text).casefold()
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _shingles(text: str) -> frozenset[str]:
    words = _WORD.findall(normalise(text).casefold())
    return frozenset(
        " ".join(words[i : i + SHINGLE_WORDS]) for i in range(len(words) - SHINGLE_WORDS + 1)
    )


def _buckets(shingles: Sequence[frozenset[str]], similarity: float) -> Iterator[list[int]]:
    """Groups of rows that agree in one band of their MinHash signatures."""
    rows = np.array([row for row, found in enumerate(shingles) if found], dtype=np.int64)
    if len(rows) < 2:
        return
    width = _band_width(similarity)
    signatures = _signatures([shingles[row] for row in rows])
    for first in range(0, _PERMUTATIONS - width + 1, width):
        band = np.ascontiguousarray(signatures[:, first : first + width])
        keys = band.view([("", band.dtype)] * width).ravel()
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1], True])
        for group in np.flatnonzero(np.diff(starts) > 1):
            yield rows[order[starts[group] : starts[group + 1]]].tolist()


def _band_width(similarity: float) -> int:
    """Rows per band: the largest number for which pairs at ``similarity`` still share a band.

    Two signatures agree in a band of r rows with probability s^r, and in none of b bands with
    (1 - s^r)^b (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4.2).
    """
    fitting = [
        width
        for width in range(1, 17)
        if (1 - similarity**width) ** (_PERMUTATIONS // width) <= _MISSED
    ]
    return max(fitting, default=1)


def _signatures(
    shingles: Sequence[frozenset[str]],
) -> np.ndarray[tuple[int, int], np.dtype[np.uint32]]:
    """MinHash signatures, ``(n, 128)``; they do not depend on the iteration order of the sets."""
    from rensa import RMinHash

    parts = [
        np.array(
            RMinHash.digest_matrix_from_token_sets(
                [list(found) for found in shingles[first : first + _CHUNK]], _PERMUTATIONS, _SEED
            ).to_rows(),
            dtype=np.uint32,
        )
        for first in range(0, len(shingles), _CHUNK)
    ]
    return np.concatenate(parts)


def _join(
    bucket: Sequence[int],
    shingles: Sequence[frozenset[str]],
    joined: _Components,
    similarity: float,
) -> None:
    """Join every pair of a bucket that is similar enough.

    Pairs that are already joined are not compared, which keeps a bucket of many copies cheap.
    """
    groups: dict[int, list[int]] = {}
    for row in bucket:
        groups.setdefault(joined.root(row), []).append(row)
    clusters: list[list[int]] = []
    for group in groups.values():
        apart: list[list[int]] = []
        for cluster in clusters:
            if any(
                _jaccard(shingles[row], shingles[other]) >= similarity
                for row in group
                for other in cluster
            ):
                joined.join(group[0], cluster[0])
                group.extend(cluster)
            else:
                apart.append(cluster)
        clusters = [*apart, group]


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard similarity; 0 if both texts are too short for a shingle."""
    shared = len(one & other)
    return shared / max(1, len(one) + len(other) - shared)


class _Components:
    """Union-find; the root of a component is its smallest number."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def root(self, row: int) -> int:
        while self.parent[row] != row:
            self.parent[row] = self.parent[self.parent[row]]
            row = self.parent[row]
        return row

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self.parent[high] = low
