"""Ensembles: the weighted mean of the members' calibrated logits.

Each member is calibrated on dev before averaging, so that their logits are on the same scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import Fitted, LabeledPassages, LoadMember, Matrix, Recipe
from pipeline.models.calibration import Calibration, fit_calibration, logit, sigmoid


@dataclass(frozen=True)
class EnsembleRecipe:
    """Members by kind, and the weight of each in the mean."""

    members: Mapping[str, Recipe]
    weights: Sequence[float]

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> EnsembleModel:
        fitted = [recipe.fit(train, dev) for recipe in self.members.values()]
        calibrations = [
            fit_calibration(member.probabilities(dev.passages), dev.soft, dev.asked)
            for member in fitted
        ]
        shares = np.asarray(self.weights, np.float64) / sum(self.weights)
        return EnsembleModel(fitted, calibrations, [float(s) for s in shares])


@dataclass(frozen=True)
class EnsembleModel:
    """Fitted members, each with its calibration and its weight (weights sum to one)."""

    kind: ClassVar[str] = "ensemble"

    members: list[Fitted]
    calibrations: list[Calibration]
    shares: list[float]

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        return self.combine([member.probabilities(passages) for member in self.members])

    def combine(self, members: Sequence[Matrix]) -> Matrix:
        """The ensemble's probabilities from those of its members, in order."""
        total = sum(
            share * logit(calibration.apply(p))
            for share, calibration, p in zip(self.shares, self.calibrations, members, strict=True)
        )
        return sigmoid(np.asarray(total)).astype(np.float32)

    def save(self, folder: Path) -> None:
        entries = []
        for number, (member, calibration, share) in enumerate(
            zip(self.members, self.calibrations, self.shares, strict=True)
        ):
            name = f"{number}-{member.kind}"
            (folder / name).mkdir()
            member.save(folder / name)
            entries.append(
                {"folder": name, "kind": member.kind, "share": share, **calibration.to_json()}
            )
        files.write_json(folder / "ensemble.json", entries)

    @classmethod
    def load(cls, folder: Path, load_member: LoadMember) -> EnsembleModel:
        """Load an ensemble; ``load_member`` loads a member by folder and kind."""
        entries = files.read_json(folder / "ensemble.json")
        try:
            members = [
                load_member(folder / Path(entry["folder"]).name, entry["kind"]) for entry in entries
            ]
            calibrations = [Calibration.from_json(entry) for entry in entries]
            shares = [float(entry["share"]) for entry in entries]
        except (KeyError, TypeError) as error:
            raise InputError(f"{folder}/ensemble.json: not an ensemble: {error!r}") from error
        return cls(members, calibrations, shares)
