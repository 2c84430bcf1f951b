"""How unlike the training texts the scored ones are, by what scores alone can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.report.aggregates import OTHER_CHANNELS, Aggregates, frame_column
from pipeline.report.wording import Words

# A share that differs by this factor, or a language seen in training less than this, is told.
_FACTOR = 2.0
_RARE = 0.05
# Channels with fewer paragraphs are not judged.
_ENOUGH = 30


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
    scores: pl.LazyFrame, aggregates: Aggregates, training: TrainingProfile,
    names: Mapping[str, str], words: Words,
) -> list[Shift]:  # fmt: skip
    """Languages, length and frames here against the training texts.

    The length differs when it is twice or half of what it was; a frame when, besides, the interval
    of its share here leaves the old one out; a language when it makes up 5% here and less than 5%
    there. ``names`` gives frames their words.
    """
    n = max(1, aggregates.totals.paragraphs)
    found = []
    for row in aggregates.languages.iter_rows(named=True):
        here, there = row["n"] / n, training.languages.get(row["language"], 0.0)
        name = words("Paragraphs in {language}", language=words.language(row["language"]))
        found.append(Shift(name, there, here, True, here >= _RARE > there))
    lengths = scores.select(pl.col("text").str.len_chars().median())
    length = float(lengths.collect(engine="streaming").item() or 0)
    found.append(
        Shift(words("Median length in characters"), training.median_length, length, False,
              _far(training.median_length, length))
    )  # fmt: skip
    for frame, there in training.frames.items():
        count = float(aggregates.cube[frame_column(frame)].sum())
        differs = _differs(aggregates, aggregates.cube, frame, there)
        found.append(Shift(names.get(frame, frame), there, count / n, True, differs))
    return found


@dataclass(frozen=True)
class Unlike:
    """A channel that is unlike the texts that the model was measured on, and in what."""

    channel: str
    reasons: tuple[str, ...]


def unlike_channels(
    scores: pl.LazyFrame, aggregates: Aggregates, training: TrainingProfile, words: Words
) -> list[Unlike]:
    """Channels whose language, length or mix of frames (most of them) is another, largest first."""
    known = [code for code, share in training.languages.items() if share >= _RARE]
    foreign = ~pl.col("language").is_in(known)
    named = scores.group_by("channel").agg(
        foreign=foreign.mean(), length=pl.col("text").str.len_chars().median()
    )
    about = {row[0]: row[1:] for row in named.collect(engine="streaming").iter_rows()}
    found = []
    for channel in aggregates.channels:
        own = aggregates.cube.filter(pl.col("channel") == channel)
        if channel == OTHER_CHANNELS or channel not in about or own["n"].sum() < _ENOUGH:
            continue
        strange, length = about[channel]
        frames = [f for f, there in training.frames.items()
                  if _differs(aggregates, own, f, there)]  # fmt: skip
        reasons = {
            words("language"): strange > 0.5,
            words("length"): _far(training.median_length, length),
            words("frames"): 2 * len(frames) > len(training.frames),
        }
        if any(reasons.values()):
            found.append(Unlike(channel, tuple(name for name, told in reasons.items() if told)))
    return found


def _differs(aggregates: Aggregates, cube: pl.DataFrame, frame: str, there: float) -> bool:
    """Whether a frame's share over these rows is far from what it was, by more than chance."""
    n, squares = float(cube["n"].sum()), float(cube["squares"].sum())
    if not n:
        return False
    count = float(cube[frame_column(frame)].sum())
    low, high = aggregates.effects.interval(frame, count, n, squares)
    return _far(there, count / n) and not low <= there <= high


def _far(there: float, here: float) -> bool:
    low, high = sorted((there, here))
    return high > _FACTOR * low
