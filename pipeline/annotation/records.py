"""Records that are never overwritten: samples and assignments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.io import files
from pipeline.io.locking import changing

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Record = TypeVar("Record", bound=DataclassInstance)


def save(record: Record, folder: Path, name: str, read: Callable[[Path], Record]) -> Path:
    """Write a record to ``folder/name.json``, or to a numbered name if another record has this one;
    returns the path."""
    with changing(folder):
        for number in count(1):
            path = folder / (f"{name}.json" if number == 1 else f"{name}-{number}.json")
            if not path.exists() or read(path) == record:
                break
        files.write_json(path, asdict(record))
    return path
