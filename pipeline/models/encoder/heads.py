"""Heads over an encoder: what a frozen one and a fine-tuned one have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.models.base import Mask, Matrix
from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.cache import Memory
from pipeline.models.encoder.encoding import Encoded, encode, features
from pipeline.models.linear.logistic import LinearHeads


@dataclass(frozen=True)
class EncoderHeads:
    """A linear head an output over the pooled vectors of an encoder.

    Attributes:
        context: none, before or both.
        truncated: how many of the passages it learnt from were cut.
        memory: of what it has read; a freshly trained one has it, since training asks about dev
            again and again, a loaded one has none.
    """

    backbone: Backbone
    heads: LinearHeads
    context: str
    truncated: int = 0
    memory: Memory | None = field(default=None, repr=False, compare=False)

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        encoded = encode(self.backbone, passages, self.context)
        if self.memory is None:
            return self._read(encoded)
        return self.memory.recall(encoded, self.heads.outputs, self._read, self._marks(encoded))

    def cut(self, passages: pl.DataFrame) -> Mask:
        """``(n,)`` bool, True where a text is longer than the encoder reads."""
        return encode(self.backbone, passages, self.context).cut

    def _marks(self, encoded: Encoded) -> Sequence[bytes]:
        """What an answer depends on beside the tokens."""
        return ()

    def _read(self, encoded: Encoded) -> Matrix:
        return self.heads.probabilities(features(self.backbone, encoded))
