"""Evidence for a present frame: the sentence for which the model's probability is highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.models.base import Mask, Matrix
from pipeline.text.sentences import Span

NO_EVIDENCE = -1


@dataclass(frozen=True)
class Evidence:
    """Spans of evidence, in code points of each passage's text.

    Attributes:
        start: ``(n, frames)`` int32, ``NO_EVIDENCE`` where no sentence is marked.
        end: the same shape; exclusive ends.
    """

    start: NDArray[np.int32]
    end: NDArray[np.int32]

    @classmethod
    def none(cls, passages: int, frames: int) -> Evidence:
        shape = (passages, frames)
        return cls(np.full(shape, NO_EVIDENCE, np.int32), np.full(shape, NO_EVIDENCE, np.int32))


def find(present: Mask, spans: Sequence[Sequence[Span]], likely: Matrix) -> Evidence:
    """The sentence with the highest probability of each present frame; the first of equal ones.

    Args:
        present: ``(n, frames)``, which frames are present in each passage.
        spans: the sentences of each passage. A single sentence is always the evidence; in a
            passage without sentences nothing is marked.
        likely: ``(sentences, frames)`` probabilities of all :func:`candidates`, in the order of
            ``spans``.

    Raises:
        ValueError: ``likely`` does not have one row per candidate.
    """
    total = sum(len(candidates(sentences)) for sentences in spans)
    if likely.shape[0] != total:
        raise ValueError(f"{likely.shape[0]} rows of probabilities for {total} sentences")
    result = Evidence.none(len(spans), present.shape[1])
    first = 0
    for row, sentences in enumerate(spans):
        own = likely[first : first + len(candidates(sentences))]
        first += len(own)
        if not sentences:
            continue
        for frame in np.flatnonzero(present[row]):
            span = sentences[int(own[:, frame].argmax())] if len(own) else sentences[0]
            result.start[row, frame], result.end[row, frame] = span
    return result


def candidates(sentences: Sequence[Span]) -> Sequence[Span]:
    """The sentences of a passage that have to be scored; none if it has only one."""
    return sentences if len(sentences) > 1 else ()
