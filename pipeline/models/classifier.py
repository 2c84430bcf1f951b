"""Classifiers: a fitted model with its calibration, thresholds and codebook.

A classifier's folder has ``classifier.json`` (versions, calibration, thresholds), ``codebook.yaml``
(the codebook it was trained with) and ``model/`` (the fitted model). If it was recalibrated on a
local sample, ``shipped.json`` is the original ``classifier.json``.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import Fitted, LabeledPassages, Recipe
from pipeline.models.calibration import Calibration, fit_calibration
from pipeline.models.predictions import Predictions, decide
from pipeline.models.profile import profile
from pipeline.models.registry import load_fitted
from pipeline.models.thresholds import fit_thresholds, with_even_frames

FORMAT = 1
DESCRIPTION, SHIPPED = "classifier.json", "shipped.json"
_PARTS = ("kind", "outputs", "slope", "offset", "thresholds")


@dataclass(frozen=True)
class Classifier:
    """A fitted model with calibrated probabilities and decisions.

    ``thresholds`` has one entry per output. ``codebook_yaml`` is bytes, to keep its digest.
    ``provenance`` is JSON: counts of passages, dev metrics by language and so on.
    """

    fitted: Fitted
    calibration: Calibration
    thresholds: NDArray[np.float64]
    codebook: Codebook
    codebook_yaml: bytes
    provenance: dict[str, Any] = field(default_factory=dict)

    def answer(self, passages: pl.DataFrame) -> Predictions:
        """Answer every question, from the columns text, opening, before and language."""
        probabilities = self.calibration.apply(self.fitted.probabilities(passages))
        return Predictions(probabilities, decide(probabilities, self.thresholds, self.codebook))

    def save(self, folder: Path) -> None:
        """Write the folder atomically, replacing an older one."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = folder.with_name(f".{folder.name}.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        (temporary / "model").mkdir(parents=True)
        self.fitted.save(temporary / "model")
        (temporary / "codebook.yaml").write_bytes(self.codebook_yaml)
        files.write_json(
            temporary / "classifier.json",
            {
                "format": FORMAT,
                "kind": self.fitted.kind,
                "codebook_version": self.codebook.version,
                "codebook_digest": self.codebook.digest,
                "outputs": list(self.codebook.outputs),
                **self.calibration.to_json(),
                "thresholds": self.thresholds.tolist(),
                "provenance": self.provenance,
            },
        )
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)

    @classmethod
    def load(cls, folder: Path, *, description: str = DESCRIPTION) -> Classifier:
        """Load a saved classifier; raises InputError if the folder is incomplete or not one.

        ``description`` is the file with calibration and thresholds: for a recalibrated classifier
        it can be ``shipped.json``.
        """
        if not (folder / "classifier.json").is_file():
            raise InputError(
                f"{folder}: no classifier here (classifier.json is missing); "
                "train one with `rhetoric run`, or give its folder with --model"
            )
        raw = files.read_json(folder / description)
        if not isinstance(raw, dict) or raw.get("format") != FORMAT:
            raise InputError(f"{folder}/{description}: not of format {FORMAT}; train it again")
        missing = [name for name in _PARTS if name not in raw]
        if missing:
            raise InputError(f"{folder}/{description}: {', '.join(missing)} missing; train again")
        codebook = codebooks.load(folder / "codebook.yaml")
        if raw.get("outputs") != list(codebook.outputs):
            raise InputError(f"{folder}: the model's outputs do not match its codebook")
        return cls(
            fitted=load_fitted(folder / "model", str(raw["kind"])),
            calibration=Calibration(np.array(raw["slope"]), np.array(raw["offset"])),
            thresholds=np.array(raw["thresholds"]),
            codebook=codebook,
            codebook_yaml=(folder / "codebook.yaml").read_bytes(),
            provenance=raw.get("provenance", {}),
        )


def train_classifier(
    recipe: Recipe,
    *,
    train: LabeledPassages,
    dev: LabeledPassages,
    codebook_path: Path,
    even_frames: bool = False,
) -> Classifier:
    """Fit on ``train``; ``dev`` is used for early stopping, calibration and thresholds.

    With ``even_frames`` the thresholds of frames are 0.5. The test fold is not used.
    """
    if not len(train) or not len(dev):
        raise InputError(
            f"nothing to train on: {len(train)} passages in train, {len(dev)} in dev; "
            "see `rhetoric labels stats`"
        )
    codebook = codebooks.load(codebook_path)
    fitted = recipe.fit(train, dev)
    raw = fitted.probabilities(dev.passages)
    calibration = fit_calibration(raw, dev.soft, dev.asked)
    calibrated = calibration.apply(raw)
    frames, stances = codebook.columns_by_kind
    thresholds = fit_thresholds(calibrated, dev.soft, dev.asked, (frames, stances))
    if even_frames:
        thresholds = with_even_frames(thresholds, frames)
    decisions = decide(calibrated, thresholds, codebook)
    return Classifier(
        fitted,
        calibration,
        thresholds,
        codebook,
        codebook_path.read_bytes(),
        provenance=profile(train, dev, decisions, codebook),
    )


def version_of(folder: Path) -> str:
    """A digest of every byte of a saved classifier, twelve hexadecimal digits; followed by
    ``-local`` if calibration and thresholds were fitted to a local sample."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    mark = "-local" if (folder / SHIPPED).is_file() else ""
    return digest.hexdigest()[:12] + mark
