"""Frames that are claims about somebody, decided together with the stances that they express.

A codebook says which stances a frame involves: whoever criticises the West is against the West, the
United States, the European Union or NATO. The probability of such a frame is corrected by the
strongest of those stances, and by the strongest opposite one. This is stacking (Wolpert 1992) with
three features per frame, fitted on dev.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from pipeline.codebook import STANCE_PREFIX, Codebook
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import Fitted, LabeledPassages, LoadMember, Matrix, Recipe
from pipeline.models.calibration import Vector, logit, shrunk_logistic, sigmoid

_OPPOSITE = {"against": "favour", "favour": "against"}
# Before fitting: the frame's own logit alone. Its weight in passages.
_PRIOR, _STRENGTH = np.array([1.0, 0.0, 0.0, 0.0]), 5.0


@dataclass(frozen=True)
class Claim:
    """A frame with the outputs of the stances that it involves, as columns.

    Attributes:
        supporting: the stances that the claim expresses.
        opposing: the opposite stances toward the same targets.
    """

    frame: int
    supporting: list[int]
    opposing: list[int]

    def design(self, logits: Vector) -> Vector:
        """``(n, 4)``: own logit, strongest supporting and opposing one, and a constant."""
        return np.stack(
            [
                logits[:, self.frame],
                logits[:, self.supporting].max(axis=1),
                logits[:, self.opposing].max(axis=1),
                np.ones(len(logits)),
            ],
            axis=1,
        )


def claims_of(codebook: Codebook) -> list[Claim]:
    """The frames that involve stances, in the codebook's order."""
    column = {output: number for number, output in enumerate(codebook.outputs)}

    def columns(stances: Mapping[str, str]) -> list[int]:
        return [column[f"{STANCE_PREFIX}{target}={stance}"] for target, stance in stances.items()]

    return [
        Claim(
            column[frame.code],
            columns(frame.involves),
            columns({target: _OPPOSITE[stance] for target, stance in frame.involves.items()}),
        )
        for frame in codebook.frames
        if frame.involves
    ]


@dataclass(frozen=True)
class InvolvedStancesRecipe:
    """A model whose frames are corrected by the stances that they involve."""

    inner: Recipe
    claims: Sequence[Claim]

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> InvolvedStancesModel:
        inner = self.inner.fit(train, dev)
        logits = logit(inner.probabilities(dev.passages))
        weights = [_fitted(claim, logits, dev) for claim in self.claims]
        return InvolvedStancesModel(inner, list(self.claims), weights)


def _fitted(claim: Claim, logits: Vector, dev: LabeledPassages) -> list[float]:
    """Four weights; those of the prior if dev has no positive."""
    rows = dev.asked[:, claim.frame]
    targets = dev.soft[rows, claim.frame]
    if targets.sum() < 1.0:
        return [float(weight) for weight in _PRIOR]
    own, supporting, opposing, offset = shrunk_logistic(
        claim.design(logits[rows]), targets, _PRIOR, _STRENGTH
    )
    # A stance may only speak for the claims that express it, and against the others.
    return [max(float(own), 0.1), max(float(supporting), 0.0), min(float(opposing), 0.0),
            float(offset)]  # fmt: skip


@dataclass(frozen=True)
class InvolvedStancesModel:
    """``weights`` has four entries per claim, for the columns of :meth:`Claim.design`."""

    kind: ClassVar[str] = "involved_stances"

    inner: Fitted
    claims: list[Claim]
    weights: list[list[float]]

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        result = self.inner.probabilities(passages).copy()
        logits = logit(result)
        for claim, weights in zip(self.claims, self.weights, strict=True):
            result[:, claim.frame] = sigmoid(claim.design(logits) @ np.array(weights))
        return result

    def save(self, folder: Path) -> None:
        (folder / "inner").mkdir()
        self.inner.save(folder / "inner")
        files.write_json(
            folder / "involved_stances.json",
            {
                "inner": self.inner.kind,
                "claims": [asdict(claim) for claim in self.claims],
                "weights": self.weights,
            },
        )

    @classmethod
    def load(cls, folder: Path, load_member: LoadMember) -> InvolvedStancesModel:
        """``load_member`` loads the inner model from its folder and kind."""
        raw: Any = files.read_json(folder / "involved_stances.json")
        try:
            claims = [
                Claim(int(c["frame"]), [int(j) for j in c["supporting"]],
                      [int(j) for j in c["opposing"]])
                for c in raw["claims"]
            ]  # fmt: skip
            weights = [[float(weight) for weight in row] for row in raw["weights"]]
            if [len(row) for row in weights] != [len(_PRIOR)] * len(claims):
                raise ValueError(f"weights: expected {len(_PRIOR)} per claim")
            kind = str(raw["inner"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{folder}/involved_stances.json: not such a model: {error!r}"
            ) from error
        return cls(load_member(folder / "inner", kind), claims, weights)
