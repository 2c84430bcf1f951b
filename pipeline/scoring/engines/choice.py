"""Chooses the engine: the requested one if it is usable, else the reference."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError, did_you_mean
from pipeline.models.classifier import Classifier
from pipeline.models.openvino.conversion import Conversion, encoders, with_graphs
from pipeline.models.openvino.encoder import available_threads
from pipeline.scoring.engines.contract import Engine
from pipeline.scoring.engines.fitted import FittedEngine

if TYPE_CHECKING:
    from torch import nn

ENGINES = ["openvino", "torch"]


@dataclass(frozen=True)
class Chosen:
    """An engine, and why it is not the requested one (None if it is)."""

    engine: Engine
    fallback_reason: str | None = None


def choose(wanted: str, classifier: Classifier, folder: Path, device: str = "auto") -> Chosen:
    """The engine for a classifier.

    ``openvino`` runs the converted encoders in the folder. It falls back to ``torch``, the
    reference, if there are none or if their decisions differ too much. Models without an encoder
    always use the reference. ``device``, one of ``devices.DEVICES``, is torch's. The last bits
    differ between devices, so a GPU is part of the engine's name.

    Raises:
        InputError: an unknown engine, or torch on a device that this machine lacks.
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
            f"{folder} holds no converted model, so torch is used, several times slower; "
            "`rhetoric train` creates one",
        )
    rejection = conversion.parity(classifier).rejection
    if rejection is not None:
        return Chosen(
            _torch(classifier, device),
            f"the converted model is refused, torch is used: {rejection}",
        )
    fitted = with_graphs(classifier.fitted, conversion.graphs, available_threads())
    name = f"openvino {version('openvino')} int8 {conversion.digest[:12]}"
    return Chosen(FittedEngine(name, fitted, classifier.calibration))


def _torch(classifier: Classifier, device: str) -> FittedEngine:
    """The reference, whose encoders are moved to the device."""
    from pipeline.models.encoder.devices import device_here

    there = device_here(device, "score.device")
    for encoder in encoders(classifier.fitted).values():
        module: nn.Module = encoder.backbone.encoder
        module.to(there)
    name = "torch" if there == "cpu" else f"torch {there}"
    return FittedEngine(name, classifier.fitted, classifier.calibration)
