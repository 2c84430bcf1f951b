"""Ensembles: the weighted mean of the members' calibrated logits.

Each member is calibrated on dev before averaging, so that their logits are on the same scale. A
member whose answers to an output never differ on dev abstains from that output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

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
        answers = [member.probabilities(dev.passages) for member in fitted]
        calibrations = [fit_calibration(p, dev.soft, dev.asked) for p in answers]
        return EnsembleModel(fitted, calibrations, shares_of(self.weights, answers))


def shares_of(weights: Sequence[float], answers: Sequence[Matrix]) -> Matrix:
    """``(members, outputs)``, each column summing to one, from the members' weights and their
    answers on dev: a member whose answers never differ abstains, unless all with a weight do."""
    own = np.asarray(weights, np.float64)[:, None]
    speaks = np.array([(p != p[:1]).any(axis=0) for p in answers], np.bool_)
    shares = np.where(speaks, own, 0.0)
    shares = np.where(shares.sum(axis=0) > 0, shares, own)
    result: Matrix = (shares / shares.sum(axis=0)).astype(np.float32)
    return result


@dataclass(frozen=True)
class EnsembleModel:
    """Fitted members, each with its calibration.

    ``shares`` ``(members, outputs)`` are the weights of their logits; each column sums to one.
    """

    kind: ClassVar[str] = "ensemble"

    members: list[Fitted]
    calibrations: list[Calibration]
    shares: Matrix

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
                {
                    "folder": name,
                    "kind": member.kind,
                    "shares": share.tolist(),
                    **calibration.to_json(),
                }
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
            shares = np.array([_shares(entry, len(entry["slope"])) for entry in entries])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{folder}/ensemble.json: not an ensemble: {error!r}") from error
        return cls(members, calibrations, shares.astype(np.float32))


def _shares(entry: Mapping[str, Any], outputs: int) -> list[float]:
    """Models saved before 2026-12 hold one share for all outputs."""
    if "share" in entry:
        return [float(entry["share"])] * outputs
    return [float(share) for share in entry["shares"]]
