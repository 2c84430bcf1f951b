"""Which engine answers: the one that was asked for, unless it may not."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pipeline.errors import InputError, did_you_mean
from pipeline.models.classifier import Classifier
from pipeline.models.openvino.conversion import Conversion, encoders, with_graphs
from pipeline.models.openvino.encoder import threads_here
from pipeline.scoring.engines.contract import Engine
from pipeline.scoring.engines.fitted import FittedEngine

ENGINES = ["openvino", "torch"]


@dataclass(frozen=True)
class Chosen:
    """An engine, and why it is not the one that was asked for (None if it is)."""

    engine: Engine
    instead: str | None = None


def choose(wanted: str, classifier: Classifier, folder: Path, device: str = "auto") -> Chosen:
    """``openvino`` runs the encoders that were converted after training and lie in the folder.

    It falls back to ``torch``, the reference, where none lie there or they decide too differently.
    Models without an encoder have one engine only. Torch computes on ``device``, one of
    ``devices.DEVICES``; what it says differs in the last bits between devices, so a GPU is part of
    the engine's name.

    Raises:
        InputError: no such engine, or torch was asked for on a device that is not there.
    """
    if wanted not in ENGINES:
        raise InputError(f"unknown engine {wanted!r}{did_you_mean(wanted, ENGINES)}")
    if not encoders(classifier.fitted):
        return Chosen(FittedEngine("torch", classifier.fitted, classifier.calibration))
    if wanted == "torch":
        return Chosen(_torch(classifier, device))
    conversion = Conversion.load(folder)
    if conversion is None:
        return Chosen(
            _torch(classifier, device),
            f"{folder} holds no converted model, so torch answers, several times slower; "
            "`rhetoric train` leaves one",
        )
    objection = conversion.parity(classifier).objection
    if objection is not None:
        return Chosen(
            _torch(classifier, device),
            f"the converted model is refused, torch answers: {objection}",
        )
    fitted = with_graphs(classifier.fitted, conversion.graphs, threads_here())
    name = f"openvino {version('openvino')} int8 {conversion.digest[:12]}"
    return Chosen(FittedEngine(name, fitted, classifier.calibration))


def _torch(classifier: Classifier, device: str) -> FittedEngine:
    """The reference, whose encoders are moved to the device."""
    from pipeline.models.encoder.devices import device_here

    there = device_here(device, "score.device")
    for encoder in encoders(classifier.fitted).values():
        encoder.backbone.encoder.to(there)
    name = "torch" if there == "cpu" else f"torch {there}"
    return FittedEngine(name, classifier.fitted, classifier.calibration)
