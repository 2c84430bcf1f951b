"""Refits a trained classifier's calibration and thresholds to a sample of another channel.

With few coded passages, a fit can do harm, so everything is shrunk toward the shipped values: first
one slope and offset for all frames, then one per frame, then each threshold. Stances are not
refitted: with up to 200 coded passages a new fit was worse more often than better.
`benchmarks/recalibration.py` shows the gain by the number of passages.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models import error_rates
from pipeline.models.base import LabeledPassages, Matrix
from pipeline.models.calibration import Calibration, Vector, fit_calibration, fit_shared_calibration
from pipeline.models.classifier import SHIPPED, Classifier
from pipeline.models.predictions import Predictions, decide
from pipeline.models.profile import rates_by_frame
from pipeline.models.thresholds import shrunk_thresholds

# Weight of the shipped values: in passages for slopes and offsets, in positives for thresholds.
STRENGTH, PRIOR_POSITIVES = 30.0, 40.0
_PARTS = 5
# Fewest passages for cross-fitted error rates.
FEWEST = 20


@dataclass(frozen=True)
class Refit:
    """Calibration of the raw scores, and matching thresholds."""

    calibration: Calibration
    thresholds: Vector

    def answers(self, raw: Matrix, codebook: Codebook) -> Predictions:
        probabilities = self.calibration.apply(raw)
        return Predictions(probabilities, decide(probabilities, self.thresholds, codebook))


@dataclass(frozen=True)
class Recalibrated:
    """Predictions for the sample by the shipped fit, and cross-fitted ones by local fits; ``kept``
    is the information about the sample stored in the new folder."""

    shipped: Predictions
    local: Predictions
    kept: dict[str, Any]


def refit(raw: Matrix, coded: LabeledPassages, shipped: Refit, codebook: Codebook) -> Refit:
    """Refit to the raw ``(n, outputs)`` scores of coded passages; stances are unchanged."""
    frames, stances = codebook.columns_by_kind
    asked = coded.asked.copy()
    asked[:, stances] = False
    calibration = shipped.calibration
    calibration = calibration.then(
        fit_shared_calibration(calibration.apply(raw), coded.soft, asked, frames, strength=STRENGTH)
    )
    calibration = calibration.then(
        fit_calibration(calibration.apply(raw), coded.soft, asked, strength=STRENGTH)
    )
    thresholds = shrunk_thresholds(
        calibration.apply(raw),
        coded.soft,
        asked,
        toward=shipped.thresholds,
        prior_positives=PRIOR_POSITIVES,
    )
    return Refit(calibration, thresholds)


def recalibrate(
    folder: Path, coded: LabeledPassages, *, source: Path, destination: Path
) -> Recalibrated:
    """Write the classifier of ``folder`` to ``destination``, refitted to the coded sample.

    The weights are copied; ``classifier.json`` has the local fit, and ``shipped.json`` is an exact
    copy of the shipped ``classifier.json``. A classifier that was recalibrated before is refitted
    from its shipped values. Raises InputError if the sample is too small or the destination exists.
    """
    if destination.exists():
        raise InputError(f"{destination}: exists already; give another -o")
    if len(coded) < FEWEST:
        raise InputError(
            f"{source}: {len(coded)} coded passages are too few for recalibration; "
            f"at least {FEWEST} are needed"
        )
    original = folder / SHIPPED if (folder / SHIPPED).is_file() else folder / "classifier.json"
    classifier = Classifier.load(folder, description=original.name)
    raw = classifier.fitted.probabilities(coded.passages)
    shipped = Refit(classifier.calibration, classifier.thresholds)
    fitted = refit(raw, coded, shipped, classifier.codebook)
    honest = _cross_fitted(raw, coded, shipped, classifier.codebook)
    rates = rates_by_frame(coded, honest.decisions, classifier.codebook)
    local = {
        "file": source.name,
        "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "passages": len(coded),
        "present": _present(coded, classifier.codebook),
        "error_rates": error_rates.to_json(rates),
    }
    description = files.read_json(original)
    description |= {
        "slope": fitted.calibration.slope.tolist(),
        "offset": fitted.calibration.offset.tolist(),
        "thresholds": fitted.thresholds.tolist(),
        "provenance": classifier.provenance | {"local": local},
    }
    _write(folder, original, description, destination)
    return Recalibrated(shipped.answers(raw, classifier.codebook), honest, local)


def _write(folder: Path, original: Path, description: dict[str, Any], destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    temporary = destination.with_name(f".{destination.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(folder, temporary)
    if original.name != SHIPPED:
        (temporary / original.name).rename(temporary / SHIPPED)
    files.write_json(temporary / "classifier.json", description)
    temporary.rename(destination)


def _present(coded: LabeledPassages, codebook: Codebook) -> dict[str, int]:
    return {
        question.name: int((coded.answers[:, i] == "present").sum())
        for i, question in enumerate(codebook.questions)
        if not question.is_stance
    }


def _cross_fitted(
    raw: Matrix, coded: LabeledPassages, shipped: Refit, codebook: Codebook
) -> Predictions:
    """Predictions for every passage by a fit on other passages, with five folds of families."""
    families = np.array(coded.families, str)
    names = np.random.default_rng(0).permutation(np.unique(families))
    probabilities = np.zeros_like(raw)
    decisions = np.full((len(coded), len(codebook.questions)), "absent", object)
    for part in np.array_split(names, min(_PARTS, len(names))):
        held = np.isin(families, part)
        own, others = np.flatnonzero(held), np.flatnonzero(~held)
        said = refit(raw[others], coded.take(others), shipped, codebook).answers(raw[own], codebook)
        probabilities[own], decisions[own] = said.probabilities, said.decisions
    return Predictions(probabilities, decisions)
