"""Finding MLflow: where the store is, whether it is there, and its errors in one line."""

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
    """The address with a relative SQLite file made absolute, so that it does not depend on the
    working folder. Raises InputError for what MLflow cannot store in."""
    if uri.startswith(SQLITE):
        if not uri.removeprefix(SQLITE):
            raise InputError(f"tracking.uri={uri} names no file; e.g. sqlite:///mlflow.db")
        return SQLITE + str(Path(uri.removeprefix(SQLITE)).expanduser().resolve())
    scheme = urlsplit(uri).scheme.partition("+")[0]
    if scheme not in (*_PORTS, "databricks"):
        raise InputError(
            f"tracking.uri={shown(uri)} is no store of MLflow; use a file (sqlite:///mlflow.db), "
            "a server (http://HOST:PORT) or a database (postgresql://…)"
        )
    return uri


def sqlite_file(uri: str) -> Path | None:
    """The database file of an absolute SQLite address, None for other stores."""
    return Path(uri.removeprefix(SQLITE)) if uri.startswith(SQLITE) else None


def shown(uri: str) -> str:
    """The address without user name and password."""
    return re.sub(r"://[^/@\s]*@", "://", uri)


def client(uri: str) -> MlflowClient:
    """A client of the store at an absolute address, after a short look whether it is there.

    A SQLite file that is missing is created with MLflow's tables (some seconds, once). Whoever may
    create one holds :func:`alone`: MLflow's migrations do not bear company.
    """
    _check_reachable(uri)
    quieten()
    database = sqlite_file(uri)
    with plainly(uri):
        if database is not None and not (database.is_file() and database.stat().st_size):
            # Under another name first: a process that dies during the migrations would leave
            # half the tables, which MLflow cannot mend.
            with replacing(database) as temporary:
                _open(SQLITE + str(temporary))
        return _open(uri)


@contextmanager
def alone(uri: str) -> Iterator[None]:
    """Nobody else on this machine, under the same user, writes to the store meanwhile."""
    from filelock import FileLock

    key = hashlib.sha256(f"{Path.home()}\n{uri}".encode()).hexdigest()[:24]
    with FileLock(Path(tempfile.gettempdir()) / f"rhetoric-{key}.lock"):
        yield


def _open(uri: str) -> MlflowClient:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    # The registry opens its part of the store at the first question only.
    client.search_registered_models(max_results=1)
    return client


def quieten() -> None:
    """No telemetry, no progress bars, no log lines of MLflow's and its migrations below errors."""
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
def plainly(uri: str) -> Iterator[None]:
    """What MLflow raises inside the block becomes an InputError of one line."""
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, CommandError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"MLflow at {shown(uri)}: {reason[:400]} (what is on disk is kept)"
        ) from error


def _check_reachable(uri: str) -> None:
    """MLflow itself tries for minutes before it gives up."""
    database = sqlite_file(uri)
    if database is not None:
        _check_file(database)
        return
    parts = urlsplit(uri)
    scheme = parts.scheme.partition("+")[0]
    try:
        if scheme in ("http", "https"):
            # Without user and password: whether it answers at all is what is asked.
            health = f"{shown(uri).rstrip('/')}/health"
            urllib.request.urlopen(health, timeout=_SECONDS).close()
        elif parts.hostname:
            port = parts.port or _PORTS[scheme]
            socket.create_connection((parts.hostname, port), timeout=_SECONDS).close()
    except urllib.error.HTTPError:
        return  # It answers; whether it lets us in, MLflow will say.
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise InputError(
            f"MLflow at {shown(uri)} cannot be reached: {reason}; what is on disk is kept. "
            "Start the server, or set tracking.uri, or tracking.enabled=false"
        ) from error


def _check_file(database: Path) -> None:
    if not database.parent.is_dir() or not os.access(database.parent, os.W_OK):
        raise InputError(f"tracking.uri: {database.parent} is no folder that can be written to")
    if database.is_dir():
        raise InputError(f"tracking.uri: {database} is a folder, a SQLite file was expected")
    if database.is_file() and database.stat().st_size:
        with database.open("rb") as file:
            if file.read(len(_SQLITE_HEADER)) != _SQLITE_HEADER:
                raise InputError(f"tracking.uri: {database} is a file of another kind, not SQLite")
