"""Versions of the registered model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.tracking.champions import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


def register(
    client: MlflowClient, name: str, *, model_id: str, run_id: str, tags: dict[str, str]
) -> str:
    """Create a version of the registered model and return its number; the first becomes
    champion."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    first = not versions(client, name)
    version = client.create_model_version(
        name, source=_source(client, model_id), run_id=run_id, tags=tags, model_id=model_id
    )
    if first:
        client.set_registered_model_alias(name, CHAMPION, version.version)
    return str(version.version)


def versions(client: MlflowClient, name: str, run_id: str | None = None) -> list[ModelVersion]:
    """The versions of a registered model, optionally only those of one run."""
    wanted = f"name = '{name}'" + (f" and run_id = '{run_id}'" if run_id else "")
    return list(client.search_model_versions(wanted))


def _source(client: MlflowClient, model_id: str) -> str:
    """The source address of a version's files.

    A server resolves ``models:/`` and rejects its own local paths. A database store would resolve
    ``models:/`` with MLflow's global address, which is not set here, so it gets the location.
    """
    if client.tracking_uri.startswith(("http:", "https:", "databricks")):
        return f"models:/{model_id}"
    return str(client.get_logged_model(model_id).artifact_location)
