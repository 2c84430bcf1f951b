"""The sentence that carries a present frame: the one that alone makes the frame likeliest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.models.base import Mask, Matrix
from pipeline.text.sentences import Span

NOWHERE = -1


@dataclass(frozen=True)
class Evidence:
    """Code points in each passage's text.

    Attributes:
        start: ``(n, frames)`` int32, ``NOWHERE`` where no sentence is marked.
        end: the same for the end, exclusive.
    """

    start: NDArray[np.int32]
    end: NDArray[np.int32]

    @classmethod
    def none(cls, passages: int, frames: int) -> Evidence:
        shape = (passages, frames)
        return cls(np.full(shape, NOWHERE, np.int32), np.full(shape, NOWHERE, np.int32))


def find(present: Mask, spans: Sequence[Sequence[Span]], likely: Matrix) -> Evidence:
    """For every present frame the sentence with the highest probability of it; ties: the first.

    Args:
        present: ``(n, frames)``, which frames are present in each passage.
        spans: the sentences of each passage. The only one of a passage is its evidence, whatever
            is found in it; without any, nothing is marked.
        likely: ``(sentences, frames)``, in the order of ``spans``, of the passages that have a
            choice (:func:`to_choose_from`).

    Raises:
        ValueError: ``likely`` has another number of rows than there are such sentences.
    """
    total = sum(len(to_choose_from(sentences)) for sentences in spans)
    if likely.shape[0] != total:
        raise ValueError(f"{likely.shape[0]} rows of probabilities for {total} sentences")
    result = Evidence.none(len(spans), present.shape[1])
    first = 0
    for row, sentences in enumerate(spans):
        own = likely[first : first + len(to_choose_from(sentences))]
        first += len(own)
        if not sentences:
            continue
        for frame in np.flatnonzero(present[row]):
            span = sentences[int(own[:, frame].argmax())] if len(own) else sentences[0]
            result.start[row, frame], result.end[row, frame] = span
    return result


def to_choose_from(sentences: Sequence[Span]) -> Sequence[Span]:
    """The sentences of a passage that have to be scored: none where there is no choice."""
    return sentences if len(sentences) > 1 else ()
