"""Access to the MLflow store: its address, a quick reachability check, and one-line errors."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.errors import InputError
from pipeline.io.files import replacing

if TYPE_CHECKING:
    from mlflow import MlflowClient

SQLITE = "sqlite:///"
_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
_SQLITE_HEADER = b"SQLite format 3\x00"


def absolute(uri: str) -> str:
    """The address with a relative SQLite path made absolute, so that it does not depend on the
    working directory. Raises InputError for addresses that are not MLflow stores."""
    if uri.startswith(SQLITE):
        if not uri.removeprefix(SQLITE):
            raise InputError(f"tracking.uri={uri} names no file; e.g. sqlite:///mlflow.db")
        return SQLITE + str(Path(uri.removeprefix(SQLITE)).expanduser().resolve())
    scheme = urlsplit(uri).scheme.partition("+")[0]
    if scheme not in (*_PORTS, "databricks"):
        raise InputError(
            f"tracking.uri={shown(uri)} is not an MLflow store; use a file (sqlite:///mlflow.db), "
            "a server (http://HOST:PORT) or a database (postgresql://…)"
        )
    return uri


def sqlite_file(uri: str) -> Path | None:
    """The database file of an absolute SQLite address; None for other stores."""
    return Path(uri.removeprefix(SQLITE)) if uri.startswith(SQLITE) else None


def shown(uri: str) -> str:
    """The address without user name and password."""
    return re.sub(r"://[^/@\s]*@", "://", uri)


def client(uri: str) -> MlflowClient:
    """A client of the store at an absolute address, after a quick check that it is reachable.

    A missing SQLite file is created with MLflow's tables, which takes some seconds. Callers that
    may create one must hold :func:`exclusive`, since MLflow's migrations must not run concurrently.
    """
    _check_reachable(uri)
    silence_mlflow()
    database = sqlite_file(uri)
    with converting_errors(uri):
        if database is not None and not (database.is_file() and database.stat().st_size):
            # Created under a temporary name: a process killed during the migrations would leave
            # some of the tables, which MLflow cannot repair.
            with replacing(database) as temporary:
                _open(SQLITE + str(temporary))
        return _open(uri)


@contextmanager
def exclusive(uri: str) -> Iterator[None]:
    """Hold an exclusive lock on the store among this user's processes on this machine."""
    from filelock import FileLock

    key = hashlib.sha256(f"{Path.home()}\n{uri}".encode()).hexdigest()[:24]
    with FileLock(Path(tempfile.gettempdir()) / f"rhetoric-{key}.lock"):
        yield


def _open(uri: str) -> MlflowClient:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    # The registry opens its part of the store on the first request.
    client.search_registered_models(max_results=1)
    return client


def silence_mlflow() -> None:
    """Disable MLflow's telemetry and progress bars, and log messages below errors from MLflow and
    its migrations."""
    for name, value in {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "GIT_PYTHON_REFRESH": "quiet",
    }.items():
        os.environ.setdefault(name, value)
    import mlflow  # noqa: F401  (configures its loggers when it is imported)

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def converting_errors(uri: str) -> Iterator[None]:
    """Convert MLflow's exceptions inside the block to one-line InputErrors."""
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, CommandError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"MLflow at {shown(uri)}: {reason[:400]} (files on disk are kept)"
        ) from error


def _check_reachable(uri: str) -> None:
    """Raise InputError if the store is not reachable; MLflow itself would retry for minutes."""
    database = sqlite_file(uri)
    if database is not None:
        _check_file(database)
        return
    parts = urlsplit(uri)
    scheme = parts.scheme.partition("+")[0]
    try:
        if scheme in ("http", "https"):
            # Without user and password: this only checks that the server responds.
            health = f"{shown(uri).rstrip('/')}/health"
            urllib.request.urlopen(health, timeout=_SECONDS).close()
        elif parts.hostname:
            port = parts.port or _PORTS[scheme]
            socket.create_connection((parts.hostname, port), timeout=_SECONDS).close()
    except urllib.error.HTTPError:
        return  # The server responds; MLflow reports authorization errors.
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise InputError(
            f"MLflow at {shown(uri)} cannot be reached: {reason}; files on disk are kept. "
            "Start the server, or set tracking.uri, or tracking.enabled=false"
        ) from error


def _check_file(database: Path) -> None:
    if not database.parent.is_dir() or not os.access(database.parent, os.W_OK):
        raise InputError(f"tracking.uri: {database.parent} is not a writable folder")
    if database.is_dir():
        raise InputError(f"tracking.uri: {database} is a folder; expected a SQLite file")
    if database.is_file() and database.stat().st_size:
        with database.open("rb") as file:
            if file.read(len(_SQLITE_HEADER)) != _SQLITE_HEADER:
                raise InputError(f"tracking.uri: {database} is not SQLite")
