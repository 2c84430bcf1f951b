"""A cache of an encoder's outputs.

Encoding is expensive, and many texts are read repeatedly: sentence pooling reads sentences that
evidence reads again, and calibration reads dev again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.models.base import Matrix
from pipeline.models.encoder.encoding import Encoded


class OutputCache:
    """Outputs by the tokens of a text, kept until :meth:`clear`."""

    def __init__(self) -> None:
        self._answers: dict[bytes, NDArray[np.float32]] = {}

    def get(
        self,
        encoded: Encoded,
        outputs: int,
        read: Callable[[Encoded], Matrix],
        marks: Sequence[bytes] = (),
    ) -> Matrix:
        """``(n, outputs)``; ``read`` is called with the distinct rows not in the cache. ``marks``
        distinguish rows with the same tokens."""
        keys = keys_of(encoded)
        if marks:
            keys = [key + mark for key, mark in zip(keys, marks, strict=True)]
        new = {key: row for row, key in enumerate(keys) if key not in self._answers}
        if new:
            self._answers.update(zip(new, read(encoded.take(list(new.values()))), strict=True))
        if not keys:
            return np.zeros((0, outputs), np.float32)
        return np.stack([self._answers[key] for key in keys])

    def clear(self) -> None:
        """Remove all outputs. Cached rows affect which others share a batch, and so the last bits
        of their outputs; for reproducible bits begin with an empty cache."""
        self._answers.clear()


def keys_of(encoded: Encoded) -> list[bytes]:
    """A key for each row, made of everything that the encoder reads."""
    pairs = zip(encoded.ids, encoded.segments, strict=True)
    return [ids.tobytes() + segments.tobytes() for ids, segments in pairs]
