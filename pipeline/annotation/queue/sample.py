"""A probability sample: what may be counted to say how often a frame occurs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.annotation import records
from pipeline.annotation.queue.candidates import Pool, Rows
from pipeline.errors import InputError
from pipeline.io import files


@dataclass(frozen=True)
class Sample:
    """How a sample was drawn. A passage of the population stands for 1 / inclusion passages.

    What the coder had answered before was not drawn: it is all there, with inclusion 1. The others
    were drawn without replacement, each with the same probability, so the two together are a
    stratified sample of the population (Horvitz & Thompson 1952).

    Attributes:
        population: passages that were there to be drawn from.
        inclusion: passage → probability with which it is in the sample.
        drawn_from: names of the files or folders.
    """

    population: int
    seed: int
    drawn_from: tuple[str, ...]
    inclusion: dict[str, float]

    def keep(self, folder: Path, name: str) -> Path:
        """Write it to ``folder/name.json``, or with a number behind the name: never over another
        sample, whose probabilities could not be had again."""
        return records.keep(self, folder, name, read)


def draw(pool: Pool, size: int) -> Rows:
    """Rows of the ``size`` undone passages that chance puts first; fewer where fewer are left."""
    undone = np.flatnonzero(~pool.done)
    first = np.argsort(pool.chance[undone], kind="stable")[:size]
    rows: Rows = np.sort(undone[first])
    return rows


def described(pool: Pool, rows: Rows, drawn_from: tuple[str, ...]) -> Sample:
    """The sample with its probabilities."""
    undone = int((~pool.done).sum())
    ids = pool.ids
    inclusion = {ids[row]: 1.0 for row in np.flatnonzero(pool.done)}
    inclusion |= {ids[row]: len(rows) / undone for row in rows}
    return Sample(len(pool), pool.seed, drawn_from, inclusion)


def read(path: Path) -> Sample:
    """A sample that was written; raises InputError for a file that is none."""
    raw = files.read_json(path)
    try:
        found = Sample(
            int(raw["population"]),
            int(raw["seed"]),
            tuple(str(name) for name in raw["drawn_from"]),
            {str(key): float(p) for key, p in raw["inclusion"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not a sample that `annotate queue` wrote: {error!r}") from error
    if not all(0 < p <= 1 for p in found.inclusion.values()):
        raise InputError(f"{path}: an inclusion probability is not above 0 and up to 1")
    return found
