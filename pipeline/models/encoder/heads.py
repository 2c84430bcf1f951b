"""Common base of models with linear heads on a frozen or fine-tuned encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.models.base import Mask, Matrix
from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.cache import OutputCache
from pipeline.models.encoder.encoding import Encoded, encode, features
from pipeline.models.linear.logistic import LinearHeads


@dataclass(frozen=True)
class EncoderHeads:
    """One linear head per output on the pooled vectors of an encoder.

    Attributes:
        context: none, before or both.
        truncated: number of truncated training passages.
        cache: cached outputs; set only after training, which evaluates dev repeatedly, and None
            in a loaded model.
    """

    backbone: Backbone
    heads: LinearHeads
    context: str
    truncated: int = 0
    cache: OutputCache | None = field(default=None, repr=False, compare=False)

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        encoded = encode(self.backbone, passages, self.context)
        if self.cache is None:
            return self._read(encoded)
        return self.cache.get(encoded, self.heads.outputs, self._read, self._marks(encoded))

    def is_truncated(self, passages: pl.DataFrame) -> Mask:
        """``(n,)`` bool, True where a text is longer than the encoder reads."""
        return encode(self.backbone, passages, self.context).truncated

    def _marks(self, encoded: Encoded) -> Sequence[bytes]:
        """What an output depends on in addition to the tokens."""
        return ()

    def _read(self, encoded: Encoded) -> Matrix:
        return self.heads.probabilities(features(self.backbone, encoded))
