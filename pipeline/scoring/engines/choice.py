"""Chooses the engine: the requested one if it is usable, else the reference."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pipeline.errors import InputError, did_you_mean
from pipeline.models.classifier import Classifier
from pipeline.models.openvino.conversion import Conversion, encoders, with_graphs
from pipeline.models.openvino.encoder import available_threads
from pipeline.scoring.engines.contract import Engine
from pipeline.scoring.engines.fitted import FittedEngine

ENGINES = ["openvino", "torch"]


@dataclass(frozen=True)
class Chosen:
    """An engine, and why it is not the requested one (None if it is)."""

    engine: Engine
    fallback_reason: str | None = None


def choose(wanted: str, classifier: Classifier, folder: Path) -> Chosen:
    """The engine for a classifier.

    ``openvino`` runs the converted encoders in the folder. It falls back to ``torch``, the
    reference, if there are none or if their decisions differ too much. Models without an encoder
    always use the reference.
    """
    if wanted not in ENGINES:
        raise InputError(f"unknown engine {wanted!r}{did_you_mean(wanted, ENGINES)}")
    reference = FittedEngine("torch", classifier.fitted, classifier.calibration)
    if wanted == "torch" or not encoders(classifier.fitted):
        return Chosen(reference)
    conversion = Conversion.load(folder)
    if conversion is None:
        return Chosen(
            reference,
            f"{folder} holds no converted model, so torch is used, several times slower; "
            "`rhetoric train` creates one",
        )
    rejection = conversion.parity(classifier).rejection
    if rejection is not None:
        return Chosen(reference, f"the converted model is refused, torch is used: {rejection}")
    fitted = with_graphs(classifier.fitted, conversion.graphs, available_threads())
    name = f"openvino {version('openvino')} int8 {conversion.digest[:12]}"
    return Chosen(FittedEngine(name, fitted, classifier.calibration))
