"""Provenance tags, by which runs can be found: codebook, corpus, commit and others."""

from __future__ import annotations

import getpass
import hashlib
import json
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import polars as pl

from pipeline.tracking.record import ResultRecord

# Files that runs write; changes to them do not count as changes to the code.
_WRITTEN_BY_RUNS = (":(exclude,top)dvc.lock", ":(exclude,top)params.yaml")


def tags(record: ResultRecord, domain: str) -> dict[str, str]:
    """Tags for searching runs; also set on the registered version."""
    return {
        "model_kind": str(record.classifier.get("kind", "")),
        "codebook_version": str(record.classifier.get("codebook_version", "")),
        "codebook_digest": str(record.classifier.get("codebook_digest", "")),
        "corpus_digest": _digest_of(record.data),
        "domain": domain,
        "package_version": _package_version(),
        **_code(),
    }


def origin() -> dict[str, str]:
    """The tags that MLflow shows as user and source of a run, and the host."""
    return {
        "mlflow.user": user(),
        "mlflow.source.name": "rhetoric",
        "mlflow.source.type": "LOCAL",
        "host": host(),
    }


@dataclass(frozen=True)
class DataFile:
    """A table in MLflow's dataset format; ``source`` and ``profile`` are JSON."""

    name: str
    digest: str
    source: str
    profile: str


def datasets(record: ResultRecord) -> list[DataFile]:
    """The tables that the result was made from."""
    return [
        DataFile(
            name=path.stem,
            digest=file_digest(path)[:32],
            source=json.dumps({"uri": path.resolve().as_uri()}),
            profile=json.dumps({"num_rows": _rows(path)}),
        )
        for path in record.data
    ]


def _rows(path: Path) -> int:
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest_of(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name} {file_digest(path)}\n".encode())
    return digest.hexdigest()[:16]


def _code() -> dict[str, str]:
    """The commit of the running code, and if it has uncommitted changes; empty outside git."""
    here = str(Path(__file__).resolve().parent)
    commit = _git(here, "rev-parse", "HEAD")
    if commit is None:
        return {}
    changed = _git(here, "status", "--porcelain", "--untracked-files=no", "--", ":(top)",
                   *_WRITTEN_BY_RUNS)  # fmt: skip
    dirty = "unknown" if changed is None else str(bool(changed)).lower()
    return {"git_commit": commit, "git_dirty": dirty, "mlflow.source.git.commit": commit}


def _git(folder: str, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _package_version() -> str:
    try:
        return version("rhetoric-pipeline")
    except PackageNotFoundError:
        return "not installed"


def host() -> str:
    return socket.gethostname()


def user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container user without a name
        return "unknown"
