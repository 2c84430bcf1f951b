"""Finds logged results and registered versions by the names that users give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.tracking import registry, store
from pipeline.tracking.champions import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_MODEL = re.compile(r"models:/([^/@]+)(?:/(\d+)|@([\w-]+))")
# Files that a comparison needs, and files that it uses if present.
_NEEDED = ("predictions.parquet", "metrics.json", "codebook.yaml")
_USEFUL = ("folds.parquet", "slices.parquet", "mistakes.jsonl")


@dataclass(frozen=True)
class Version:
    """A version of the registered model and the run that created it."""

    number: str
    run_id: str


@dataclass(frozen=True)
class Downloaded:
    """``folder`` has the files of the result; ``folds`` is the digest of its folds file."""

    folder: Path
    folds: str | None


def is_run_id(word: str) -> bool:
    return bool(_RUN_ID.fullmatch(word))


def is_reference(word: str) -> bool:
    """Whether a word names a logged result: a run id, ``champion``, ``models:/NAME/3`` or
    ``models:/NAME@ALIAS``."""
    return word == CHAMPION or is_run_id(word) or bool(_MODEL.fullmatch(word))


def download(word: str, *, uri: str, registered_model: str, into: Path) -> Downloaded:
    """Download the files of a logged result into a folder under ``into``.

    Raises InputError if there is no such store, run or version.
    """
    client = reader(uri)
    with store.converting_errors(uri):
        run_id = word
        if not is_run_id(word):
            run_id = _version(client, word, registered_model).run_id
        run = _run(client, run_id, uri)
        there = {item.path for item in client.list_artifacts(run_id)}
        missing = [name for name in _NEEDED if name not in there]
        if missing:
            raise InputError(f"{word}: run {run_id} has no {missing[0]}; was it logged by track?")
        folder = into / run_id
        folder.mkdir(parents=True, exist_ok=True)
        for name in (*_NEEDED, *_USEFUL):
            if name in there:
                client.download_artifacts(run_id, name, str(folder))
        inputs = run.inputs.dataset_inputs if run.inputs is not None else []
        folds = [item.dataset.digest for item in inputs if item.dataset.name == "folds"]
        return Downloaded(folder, folds[0] if folds else None)


def registered(word: str, *, uri: str, registered_model: str) -> Version:
    """The version with a run id, alias or number; raises InputError if there is none."""
    client = reader(uri)
    with store.converting_errors(uri):
        return _version(client, word, registered_model)


def reader(uri: str) -> MlflowClient:
    """A client of an existing store; raises InputError instead of creating one."""
    address = store.absolute(uri)
    database = store.sqlite_file(address)
    if database is not None and not (database.is_file() and database.stat().st_size):
        raise InputError(
            f"no MLflow store at {database}; `rhetoric train` logs results to tracking.uri"
        )
    return store.client(address)


def champion_version(client: MlflowClient, registered_model: str) -> Version | None:
    """The current champion, or None."""
    return _by_alias(client, registered_model, CHAMPION)


def _version(client: MlflowClient, word: str, registered_model: str) -> Version:
    if is_run_id(word):
        _run(client, word, str(client.tracking_uri))
        found = registry.versions(client, registered_model, word)
        if not found:
            raise InputError(f"{word}: no version of {registered_model!r} came from this run")
        return _plain(max(found, key=lambda version: int(version.version)))
    match = _MODEL.fullmatch(word)
    name, number, alias = match.groups() if match else (registered_model, None, word)
    version = _by_number(client, name, number) if number else _by_alias(client, name, alias)
    if version is None:
        raise InputError(f"{word}: MLflow at {store.shown(client.tracking_uri)} has no such model")
    return version


def _by_alias(client: MlflowClient, name: str, alias: str) -> Version | None:
    from mlflow.exceptions import MlflowException

    try:
        return _plain(client.get_model_version_by_alias(name, alias))
    except MlflowException as error:
        # MLflow's codes for a missing model and a missing alias.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _by_number(client: MlflowClient, name: str, number: str) -> Version | None:
    for version in registry.versions(client, name):
        if str(version.version) == number:
            return _plain(version)
    return None


def _plain(version: ModelVersion) -> Version:
    return Version(str(version.version), str(version.run_id))


def _run(client: MlflowClient, run_id: str, uri: str) -> Run:
    from mlflow.exceptions import MlflowException

    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise InputError(f"{run_id}: MLflow at {store.shown(uri)} has no such run") from error
    if run.info.lifecycle_stage == "deleted":
        raise InputError(f"{run_id}: this run was deleted in MLflow at {store.shown(uri)}")
    return run
