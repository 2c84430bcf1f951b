"""Counts of n-grams, equal to those of scikit-learn's vectorizers but faster.

Character n-grams are extracted once per distinct word, not once per occurrence: a shard of 5,000
passages has 200,000 words, of which 20,000 are distinct. ``tests/models/linear/test_ngrams.py``
compares all counts with scikit-learn's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# scikit-learn's token pattern.
_WORD = re.compile(r"(?u)\b\w\w+\b")


def counts(
    texts: Sequence[str], analyzer: str, ngrams: tuple[int, int], index: Mapping[str, int]
) -> csr_matrix:
    """``(texts, terms)`` float64; ``index`` maps terms to columns, other terms are ignored.

    Args:
        analyzer: ``word``, or ``char_wb``: characters within words, padded with spaces.
        ngrams: shortest and longest n.
    """
    if analyzer == "word":
        rows = [[index[t] for t in _of_words(text, ngrams) if t in index] for text in texts]
        return _matrix(rows, len(index))
    numbers: dict[str, int] = {}
    rows = [[numbers.setdefault(w, len(numbers)) for w in text.lower().split()] for text in texts]
    inside = [[index[t] for t in _of_characters(word, ngrams) if t in index] for word in numbers]
    return _matrix(rows, len(numbers)) @ _matrix(inside, len(index))


def _of_words(text: str, ngrams: tuple[int, int]) -> Iterator[str]:
    words = _WORD.findall(text.lower())
    for size in range(ngrams[0], ngrams[1] + 1):
        if size == 1:
            yield from words
        else:
            for start in range(len(words) - size + 1):
                yield " ".join(words[start : start + size])


def _of_characters(word: str, ngrams: tuple[int, int]) -> Iterator[str]:
    padded = f" {word} "
    for size in range(ngrams[0], ngrams[1] + 1):
        for start in range(max(1, len(padded) - size + 1)):
            yield padded[start : start + size]
        if size >= len(padded):
            return  # a short word is counted once


def _matrix(rows: Sequence[Sequence[int]], columns: int) -> csr_matrix:
    """The number of occurrences of each column number in each row."""
    from scipy.sparse import csr_matrix

    ends = np.cumsum([0, *(len(row) for row in rows)])
    numbers = np.fromiter((number for row in rows for number in row), np.int64, int(ends[-1]))
    matrix = csr_matrix((np.ones(len(numbers)), numbers, ends), (len(rows), columns))
    matrix.sum_duplicates()
    return matrix
