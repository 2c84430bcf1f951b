"""Probability samples, from which the prevalence of frames can be estimated."""

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
    """The design of a sample. A sampled passage represents 1 / inclusion passages.

    Passages that the coder had answered before are all included, with probability 1. The others are
    drawn without replacement with equal probability. Together they are a stratified sample of the
    population (Horvitz & Thompson 1952).

    Attributes:
        population: number of passages in the pool.
        inclusion: passage → inclusion probability.
        drawn_from: names of the files or folders.
    """

    population: int
    seed: int
    drawn_from: tuple[str, ...]
    inclusion: dict[str, float]

    def save(self, folder: Path, name: str) -> Path:
        """Write to ``folder/name.json``, or to a numbered name if another sample has this one,
        since its probabilities cannot be computed again."""
        return records.save(self, folder, name, read)


def draw(pool: Pool, size: int) -> Rows:
    """Draw up to ``size`` rows that are not done, by their random keys."""
    undone = np.flatnonzero(~pool.done)
    first = np.argsort(pool.random_key[undone], kind="stable")[:size]
    rows: Rows = np.sort(undone[first])
    return rows


def describe(pool: Pool, rows: Rows, drawn_from: tuple[str, ...]) -> Sample:
    """The design of a sample with these drawn rows."""
    undone = int((~pool.done).sum())
    ids = pool.ids
    inclusion = {ids[row]: 1.0 for row in np.flatnonzero(pool.done)}
    inclusion |= {ids[row]: len(rows) / undone for row in rows}
    return Sample(len(pool), pool.seed, drawn_from, inclusion)


def read(path: Path) -> Sample:
    """Read a sample; raises InputError for any other file."""
    raw = files.read_json(path)
    try:
        found = Sample(
            int(raw["population"]),
            int(raw["seed"]),
            tuple(str(name) for name in raw["drawn_from"]),
            {str(key): float(p) for key, p in raw["inclusion"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not a sample from `annotate queue`: {error!r}") from error
    if not all(0 < p <= 1 for p in found.inclusion.values()):
        raise InputError(f"{path}: inclusion probabilities must be above 0 and at most 1")
    return found
