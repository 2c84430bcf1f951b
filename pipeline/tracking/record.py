"""A finished result on disk, and the digest that identifies it in MLflow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import InputError
from pipeline.io import files


@dataclass(frozen=True)
class ResultRecord:
    """The files of one training run and its evaluation.

    ``settings`` is the resolved configuration as YAML, ``model`` the classifier's folder, ``data``
    the tables it was made from. ``ignored_sections`` names sections of the settings that do not
    affect the result. ``figures``, ``mistakes`` and ``slices`` may be missing. ``name`` is how
    people find the run among others; "": its kind of model.
    """

    settings: str
    model: Path
    metrics: Path
    predictions: Path
    figures: Path
    mistakes: Path
    slices: Path
    data: Sequence[Path]
    ignored_sections: Collection[str] = ()
    name: str = ""

    @property
    def folds(self) -> Path | None:
        """The folds table, if it is among ``data``."""
        return next((path for path in self.data if path.name == "folds.parquet"), None)

    def check(self) -> None:
        """Raise InputError if a required file is missing."""
        for path in (self.model / "classifier.json", self.metrics, self.predictions, *self.data):
            if not path.is_file():
                raise InputError(
                    f"{path}: missing, so there is no finished result to log; "
                    "`rhetoric run` creates one"
                )

    @cached_property
    def result_settings(self) -> dict[str, Any]:
        """The settings that the result depends on."""
        everything = yaml.safe_load(self.settings) or {}
        return {key: value for key, value in everything.items() if key not in self.ignored_sections}

    @cached_property
    def classifier(self) -> dict[str, Any]:
        """The content of ``classifier.json``: kind, codebook version and digest, thresholds etc."""
        raw = files.read_json(self.model / "classifier.json")
        if not isinstance(raw, dict):
            raise InputError(f"{self.model}/classifier.json: not a classifier")
        return raw

    @cached_property
    def digest(self) -> str:
        """Sixty-four hexadecimal digits: a hash of settings, metrics, predictions and every file
        of the model."""
        digest = hashlib.sha256(_canonical(self.result_settings))
        for path in (self.metrics, self.predictions):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        for path in sorted(p for p in self.model.rglob("*") if p.is_file()):
            digest.update(path.relative_to(self.model).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def curves(self) -> list[list[dict[str, Any]]]:
        """The ``history`` in each JSON file of the model, one entry per epoch, in the order of
        their folders; how deep a folder lies in the model does not matter."""
        found: list[list[dict[str, Any]]] = []
        for path in sorted(self.model.rglob("*.json")):
            raw = files.read_json(path)
            history = raw.get("history") if isinstance(raw, dict) else None
            if isinstance(history, list) and history and isinstance(history[0], dict):
                found.append(history)
        return found


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()
