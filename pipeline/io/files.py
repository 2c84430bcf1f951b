"""Atomic file writes: files are written under a temporary name, then renamed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import InputError
from pipeline.io.parsing import json_value


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path next to ``path`` that replaces it when the block ends without an error.

    The file is flushed to disk before the rename, so a power cut leaves either the old or the new
    file complete. If the block raises, the temporary file is removed.

    Raises:
        InputError: ``path`` is a folder or a device, or a link to one.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is not a regular file, so it is not replaced; give another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file; raises :class:`InputError` naming the file."""
    try:
        return json_value(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON: {error}") from error


def write_parquet(path: Path, table: pl.DataFrame) -> None:
    with replacing(path) as temporary:
        table.write_parquet(temporary)


def read_parquet(path: Path) -> pl.DataFrame:
    """The table of a stage; if it is missing, raises :class:`InputError` saying what to run."""
    if not path.is_file():
        raise InputError(f"{path}: no such table; run the stage before this one, or `rhetoric run`")
    try:
        return pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: damaged or cut off: {reason}") from error
