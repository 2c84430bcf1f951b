"""A second head of a fine-tuned encoder: the stance toward a target, read at its mentions.

"Blamed for …" means the same for every target. So every target that a passage mentions is an
example for one small network. Its input is the token states of the mentions, of their surroundings
and of the whole text, but not which target it is, so that rare or new targets are read like
frequent ones. Mentions are matches of the codebook's cues.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.codebook import STANCES
from pipeline.codebook.cues import CueFinder
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import Matrix
from pipeline.models.encoder.encoding import Encoded
from pipeline.models.encoder.mentioned_targets import Pairs, find_pairs

_JSON, _TENSORS = "target_reader.json", "target_reader.safetensors"

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class TargetReader:
    """One network for all targets: standardised features, a hidden layer with GELU, three logits.

    Attributes:
        cues: cues of each target.
        columns: ``(targets, 3)``, the outputs against, neutral, favour of each target.
        mean: ``(features,)``; ``scale`` likewise.
        first: ``(128, features)``; ``first_bias``: ``(128,)``.
        second: ``(3, 128)``; ``second_bias``: ``(3,)``.
    """

    cues: list[list[str]]
    columns: NDArray[np.int64]
    mean: Vector
    scale: Vector
    first: Matrix
    first_bias: Vector
    second: Matrix
    second_bias: Vector

    def pairs(self, encoded: Encoded) -> Pairs:
        return find_pairs(self._finder, encoded)

    def marks(self, encoded: Encoded) -> list[bytes]:
        """The input from each passage in addition to its tokens: a cue may distinguish texts that
        the tokenizer does not (``US`` and "us", two unknown names)."""
        return self.pairs(encoded).marks(len(encoded.ids))

    def logits(self, features: Matrix) -> Matrix:
        """``(m, 3)`` from the ``(m, 3 hidden)`` features of pairs."""
        from scipy.special import erf

        inner = (features - self.mean) / self.scale @ self.first.T + self.first_bias
        inner = inner * 0.5 * (1 + erf(inner / np.float32(math.sqrt(2))))
        result: Matrix = (inner @ self.second.T + self.second_bias).astype(np.float32)
        return result

    def join(self, logits: Matrix, pairs: Pairs, features: Matrix) -> None:
        """Replace the head's logits ``(n, outputs)`` at mentioned targets, in place."""
        if len(pairs):
            logits[pairs.row[:, None], self.columns[pairs.target]] = self.logits(features)

    @cached_property
    def _finder(self) -> CueFinder:
        return CueFinder(self.cues)

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file

        save_file({name: getattr(self, name) for name in _TENSOR_NAMES}, folder / _TENSORS)
        files.write_json(folder / _JSON, {"cues": self.cues, "columns": self.columns.tolist()})

    @staticmethod
    def exists_in(folder: Path) -> bool:
        return (folder / _JSON).is_file()

    @classmethod
    def load(cls, folder: Path) -> TargetReader:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        raw = files.read_json(folder / _JSON)
        try:
            tensors = load_file(folder / _TENSORS)
            return cls(
                [[str(cue) for cue in cues] for cues in raw["cues"]],
                np.array(raw["columns"], np.int64).reshape(-1, len(STANCES)),
                **{name: tensors[name] for name in _TENSOR_NAMES},
            )
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{folder / _JSON}: not a target reader: {error!r}") from error


_TENSOR_NAMES = [f.name for f in fields(TargetReader) if f.name not in ("cues", "columns")]
