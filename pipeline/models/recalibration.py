"""A trained classifier fitted anew to somebody's own channel: calibration and thresholds, nothing
else.

Few coded passages must not do harm, so everything is shrunk toward what was shipped: first one
slope and offset for all frames together, then each frame's own, then each threshold. Stances stay
as they were shipped: with up to 200 coded passages a new fit of them was worse more often than
better. `benchmarks/recalibration.py` shows what a local fit gains by the number of passages.
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

# Weight of what was shipped: in passages for slopes and offsets, in positives for thresholds.
STRENGTH, PRIOR_POSITIVES = 30.0, 40.0
_PARTS = 5
# Fewer passages than this cannot be parted for an honest look at the error rates.
FEWEST = 20


@dataclass(frozen=True)
class Refit:
    """Calibration of the raw scores, and the thresholds that go with it."""

    calibration: Calibration
    thresholds: Vector

    def answers(self, raw: Matrix, codebook: Codebook) -> Predictions:
        probabilities = self.calibration.apply(raw)
        return Predictions(probabilities, decide(probabilities, self.thresholds, codebook))


@dataclass(frozen=True)
class Recalibrated:
    """What the shipped fit says of the sample, and what local fits say of those passages that they
    were not fitted on; ``kept`` is what the new folder holds about the sample."""

    shipped: Predictions
    local: Predictions
    kept: dict[str, Any]


def refit(raw: Matrix, coded: LabeledPassages, shipped: Refit, codebook: Codebook) -> Refit:
    """From the raw ``(n, outputs)`` scores of coded passages; stances stay as they were."""
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
    """Write the classifier of ``folder`` to ``destination``, fitted to the coded sample.

    The weights are copied; ``classifier.json`` holds the local fit, and ``shipped.json`` beside it
    is the file that was there before, byte for byte. A folder that was recalibrated before starts
    from what was shipped again. Raises InputError for too small a sample, and for a destination
    that exists.
    """
    if destination.exists():
        raise InputError(f"{destination}: exists already; give another -o")
    if len(coded) < FEWEST:
        raise InputError(
            f"{source}: {len(coded)} coded passages are too few to refit anything; "
            f"{FEWEST} are the least"
        )
    original = folder / SHIPPED if (folder / SHIPPED).is_file() else folder / "classifier.json"
    classifier = Classifier.load(folder, description=original.name)
    raw = classifier.fitted.probabilities(coded.passages)
    shipped = Refit(classifier.calibration, classifier.thresholds)
    fitted = refit(raw, coded, shipped, classifier.codebook)
    honest = _crossed(raw, coded, shipped, classifier.codebook)
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


def _crossed(
    raw: Matrix, coded: LabeledPassages, shipped: Refit, codebook: Codebook
) -> Predictions:
    """Every passage as judged by a fit on other passages: a fifth of the families at a time is
    held back."""
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
