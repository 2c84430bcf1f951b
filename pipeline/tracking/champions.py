"""Finds the registered champion's classifier as a local folder, for scoring."""

from __future__ import annotations

import hashlib
import logging
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipeline.errors import InputError
from pipeline.io.cache import cache_folder
from pipeline.tracking import store

CHAMPION = "champion"
# Tag of a model version: path of the classifier's folder inside the logged model.
CLASSIFIER_TAG = "classifier_folder"
USUAL_FOLDER = "artifacts/model"

_log = logging.getLogger(__name__)

# MLflow's own tables (3.x). A read-only query takes a millisecond; importing MLflow and opening its
# store would take seconds before every scoring run.
_QUERY = """
SELECT v.storage_location, t.value
FROM registered_model_aliases a
JOIN model_versions v ON v.name = a.name AND v.version = a.version
LEFT JOIN model_version_tags t ON t.name = v.name AND t.version = v.version AND t.key = ?
WHERE a.name = ? AND a.alias = ?
"""


@dataclass(frozen=True)
class ModelLocation:
    """``location`` of a logged model's files, and the path of the classifier ``inside`` it."""

    location: str
    inside: str

    @property
    def local(self) -> Path | None:
        """The folder if its location is on this disk, whether or not it exists."""
        parts = urlsplit(self.location)
        if parts.scheme == "file":
            return Path(url2pathname(parts.path)) / self.inside
        return Path(self.location) / self.inside if self.location.startswith("/") else None


def champion(uri: str, name: str) -> Path | None:
    """The folder of the champion's classifier, downloaded once if the store is not on this disk.

    None if there is no store or no champion, or if its files are missing from a store on this disk.
    Never creates a store or runs code from the model. Raises InputError for a server that does
    not respond.
    """
    address = store.absolute(uri)
    database = store.sqlite_file(address)
    if database is not None and not (database.is_file() and database.stat().st_size):
        return None
    try:
        place = _by_client(address, name) if database is None else _by_query(database, name)
    except sqlite3.Error:  # tables of another MLflow version, which the client may be able to read
        place = _by_client(address, name)
    if place is None:
        return None
    if place.local is not None and (place.local / "classifier.json").is_file():
        return place.local
    if place.local is not None and database is not None:
        _log.warning("the champion's files are missing: %s", place.local)
        return None
    with store.converting_errors(address):
        return _downloaded(address, place)


def _by_query(database: Path, name: str) -> ModelLocation | None:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        row = connection.execute(_QUERY, (CLASSIFIER_TAG, name, CHAMPION)).fetchone()
    return None if row is None else ModelLocation(row[0], row[1] or USUAL_FOLDER)


def _by_client(address: str, name: str) -> ModelLocation | None:
    client = store.client(address)
    from mlflow.exceptions import MlflowException

    with store.converting_errors(address):
        try:
            version = client.get_model_version_by_alias(name, CHAMPION)
        except MlflowException as error:
            # MLflow's codes for a missing model and a missing alias.
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise
        location = str(version.source)
        if location.startswith("models:/m-"):
            model = client.get_logged_model(location.removeprefix("models:/"))
            location = str(model.artifact_location)
        return ModelLocation(location, version.tags.get(CLASSIFIER_TAG, USUAL_FOLDER))


def _downloaded(address: str, place: ModelLocation) -> Path:
    """Download atomically into the user's cache; a logged model never changes."""
    uri = f"{place.location.rstrip('/')}/{place.inside}"
    key = hashlib.sha256(f"{address}\n{uri}".encode()).hexdigest()[:24]
    folder = cache_folder() / "champions" / key
    if (folder / "classifier.json").is_file():
        return folder
    store.silence_mlflow()
    from mlflow.artifacts import download_artifacts

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        fetched = Path(
            download_artifacts(artifact_uri=uri, dst_path=temporary, tracking_uri=address)
        )
        if not (fetched / "classifier.json").is_file():
            raise InputError(
                f"MLflow at {store.shown(address)}: the champion has no classifier at "
                f"{place.inside}; give a folder with --model"
            )
        shutil.rmtree(folder, ignore_errors=True)
        fetched.rename(folder)
    return folder
