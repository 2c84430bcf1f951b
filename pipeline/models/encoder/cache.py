"""What an encoder has said of texts that it is asked about again.

Reading is what costs. A bag of sentences asks about a passage as a whole and about its sentences,
calibration asks about dev once more, and a sentence that is evidence was a sentence of a bag.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.models.base import Matrix
from pipeline.models.encoder.encoding import Encoded


class Memory:
    """Answers by the tokens that were read, until :meth:`forget`."""

    def __init__(self) -> None:
        self._answers: dict[bytes, NDArray[np.float32]] = {}

    def recall(
        self,
        encoded: Encoded,
        outputs: int,
        read: Callable[[Encoded], Matrix],
        marks: Sequence[bytes] = (),
    ) -> Matrix:
        """``(n, outputs)``; ``read`` is handed what was never read before, each once. ``marks``
        tell apart rows of the same tokens."""
        keys = keys_of(encoded)
        if marks:
            keys = [key + mark for key, mark in zip(keys, marks, strict=True)]
        new = {key: row for row, key in enumerate(keys) if key not in self._answers}
        if new:
            self._answers.update(zip(new, read(encoded.take(list(new.values()))), strict=True))
        if not keys:
            return np.zeros((0, outputs), np.float32)
        return np.stack([self._answers[key] for key in keys])

    def forget(self) -> None:
        """What is remembered decides which passages share a batch, and so the last bits: where
        the same bits are wanted again, begin again with an empty memory."""
        self._answers.clear()


def keys_of(encoded: Encoded) -> list[bytes]:
    """Of each row, all that an encoder reads of it."""
    pairs = zip(encoded.ids, encoded.segments, strict=True)
    return [ids.tobytes() + segments.tobytes() for ids, segments in pairs]
