"""How unlike the training texts the scored ones are, by what scores alone can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.evaluation.intervals import wilson
from pipeline.report.aggregates import Aggregates, frame_column

# A share that differs by this factor, or a language seen in training less than this, is told.
_FACTOR = 2.0
_RARE = 0.05


@dataclass(frozen=True)
class TrainingProfile:
    """What the model was trained on: shares of paragraphs by frame and by language (0 to 1), and
    the median length of a paragraph in code points. ``f1`` is its micro F1 on the frames of dev by
    language, None where dev holds too little of it to tell."""

    paragraphs: int
    frames: Mapping[str, float]
    languages: Mapping[str, float]
    median_length: float
    f1: Mapping[str, float | None] = field(default_factory=dict)


def training_profile(kept: Mapping[str, Any]) -> TrainingProfile | None:
    """From what a classifier keeps about its training; None where it keeps too little."""
    try:
        return TrainingProfile(
            paragraphs=int(kept["train_passages"]),
            frames={str(k): float(v) for k, v in kept["frames"].items()},
            languages={str(k): float(v) for k, v in kept["languages"].items()},
            median_length=float(kept["median_length"]),
            f1={
                str(k): None if v is None else float(v)
                for k, v in kept.get("dev_micro_f1", {}).items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


@dataclass(frozen=True)
class Shift:
    """One row a thing compared; ``differs`` is the plain warning's ground."""

    what: str
    in_training: float
    here: float
    is_share: bool
    differs: bool


def shifts(
    scores: pl.LazyFrame, aggregates: Aggregates, training: TrainingProfile, names: dict[str, str]
) -> list[Shift]:
    """Languages, length and frames here against the training texts.

    The length differs when it is twice or half of what it was; a frame when, besides, the interval
    of its share here leaves the old one out; a language when it makes up 5% here and less than 5%
    there. ``names`` gives frames and languages their words.
    """
    n = max(1, aggregates.totals.paragraphs)
    found = []
    for row in aggregates.languages.iter_rows(named=True):
        here, there = row["n"] / n, training.languages.get(row["language"], 0.0)
        name = f"Paragraphs in {names.get(row['language'], row['language'])}"
        found.append(Shift(name, there, here, True, here >= _RARE > there))
    lengths = scores.select(pl.col("text").str.len_chars().median())
    median = lengths.collect(engine="streaming").item()
    length = float(median or 0)
    found.append(
        Shift("Median length in characters", training.median_length, length, False,
              _far(training.median_length, length))
    )  # fmt: skip
    for frame, there in training.frames.items():
        count = float(aggregates.cube[frame_column(frame)].sum())
        low, high = wilson(count, n, aggregates.design_effects[frame])
        differs = _far(there, count / n) and not low <= there <= high
        found.append(Shift(names.get(frame, frame), there, count / n, True, differs))
    return found


def _far(there: float, here: float) -> bool:
    low, high = sorted((there, here))
    return high > _FACTOR * low
