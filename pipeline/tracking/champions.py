"""The registered champion's classifier as a folder on this disk, for scoring."""

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
# A version's tag: where in the logged model the classifier's own folder lies.
CLASSIFIER_TAG = "classifier_folder"
USUAL_FOLDER = "artifacts/model"

_log = logging.getLogger(__name__)

# MLflow's own tables (3.x). Asking them takes a millisecond and changes nothing; importing MLflow
# and opening its store takes seconds, before every scoring.
_QUERY = """
SELECT v.storage_location, t.value
FROM registered_model_aliases a
JOIN model_versions v ON v.name = a.name AND v.version = a.version
LEFT JOIN model_version_tags t ON t.name = v.name AND t.version = v.version AND t.key = ?
WHERE a.name = ? AND a.alias = ?
"""


@dataclass(frozen=True)
class Place:
    """``location`` of a logged model's files, and the classifier's folder ``inside`` it."""

    location: str
    inside: str

    @property
    def local(self) -> Path | None:
        """The folder if it belongs on this disk, whether it is there or not."""
        parts = urlsplit(self.location)
        if parts.scheme == "file":
            return Path(url2pathname(parts.path)) / self.inside
        return Path(self.location) / self.inside if self.location.startswith("/") else None


def champion(uri: str, name: str) -> Path | None:
    """The folder of the champion's classifier, downloaded once where the store is not on this disk.

    None when there is no store, no champion, or its files are gone from a store on this disk.
    Creates no store, and runs no code that came with the model. Raises InputError for a server
    that does not answer.
    """
    address = store.absolute(uri)
    database = store.sqlite_file(address)
    if database is not None and not (database.is_file() and database.stat().st_size):
        return None
    try:
        place = _by_client(address, name) if database is None else _by_query(database, name)
    except sqlite3.Error:  # tables of another version of MLflow, which it may know how to read
        place = _by_client(address, name)
    if place is None:
        return None
    if place.local is not None and (place.local / "classifier.json").is_file():
        return place.local
    if place.local is not None and database is not None:
        _log.warning("the champion's files are gone: %s", place.local)
        return None
    with store.plainly(address):
        return _downloaded(address, place)


def _by_query(database: Path, name: str) -> Place | None:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        row = connection.execute(_QUERY, (CLASSIFIER_TAG, name, CHAMPION)).fetchone()
    return None if row is None else Place(row[0], row[1] or USUAL_FOLDER)


def _by_client(address: str, name: str) -> Place | None:
    client = store.client(address)
    from mlflow.exceptions import MlflowException

    with store.plainly(address):
        try:
            version = client.get_model_version_by_alias(name, CHAMPION)
        except MlflowException as error:
            # What MLflow calls a missing model, and a missing alias.
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise
        location = str(version.source)
        if location.startswith("models:/m-"):
            model = client.get_logged_model(location.removeprefix("models:/"))
            location = str(model.artifact_location)
        return Place(location, version.tags.get(CLASSIFIER_TAG, USUAL_FOLDER))


def _downloaded(address: str, place: Place) -> Path:
    """Into the user's cache, whole or not at all; a model that is logged never changes."""
    uri = f"{place.location.rstrip('/')}/{place.inside}"
    key = hashlib.sha256(f"{address}\n{uri}".encode()).hexdigest()[:24]
    folder = cache_folder() / "champions" / key
    if (folder / "classifier.json").is_file():
        return folder
    store.quieten()
    from mlflow.artifacts import download_artifacts

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        fetched = Path(
            download_artifacts(artifact_uri=uri, dst_path=temporary, tracking_uri=address)
        )
        if not (fetched / "classifier.json").is_file():
            raise InputError(
                f"MLflow at {store.shown(address)}: the champion holds no classifier at "
                f"{place.inside}; give a folder with --model"
            )
        shutil.rmtree(folder, ignore_errors=True)
        fetched.rename(folder)
    return folder
