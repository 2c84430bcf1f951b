"""Dataset shift: compares language, length and frames with the training texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.report.aggregates import OTHER_CHANNELS, Aggregates, frame_column
from pipeline.report.wording import Words

# Factor from which on a share or length differs, and the share below which a language is rare.
_FACTOR = 2.0
_RARE = 0.05
# Channels with fewer paragraphs are not compared.
_ENOUGH = 30


@dataclass(frozen=True)
class TrainingProfile:
    """The model's training texts: shares of paragraphs per frame and per language (0 to 1), and the
    median paragraph length in code points. ``f1`` is the micro F1 of the frames on dev per
    language, None if dev has too few passages in it."""

    paragraphs: int
    frames: Mapping[str, float]
    languages: Mapping[str, float]
    median_length: float
    f1: Mapping[str, float | None] = field(default_factory=dict)


def training_profile(kept: Mapping[str, Any]) -> TrainingProfile | None:
    """Read the profile from a classifier's provenance; None if it is incomplete."""
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
    """One compared property: its value in training and here, and whether they differ much."""

    what: str
    in_training: float
    here: float
    is_share: bool
    differs: bool


def shifts(
    scores: pl.LazyFrame, aggregates: Aggregates, training: TrainingProfile,
    names: Mapping[str, str], words: Words,
) -> list[Shift]:  # fmt: skip
    """Compare languages, length and frames with the training texts.

    The length differs if it is more than doubled or halved; a frame if, in addition, the interval
    of its share excludes the share in training; a language if its share is at least 5% here and
    less than 5% in training. ``names`` maps frame codes to display names.
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
class ShiftedChannel:
    """A channel that differs from the training texts in the given properties."""

    channel: str
    reasons: tuple[str, ...]


def shifted_channels(
    scores: pl.LazyFrame, aggregates: Aggregates, training: TrainingProfile, words: Words
) -> list[ShiftedChannel]:
    """Channels that differ in language, length or most frames, the largest first."""
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
        foreign_share, length = about[channel]
        frames = [f for f, there in training.frames.items()
                  if _differs(aggregates, own, f, there)]  # fmt: skip
        reasons = {
            words("language"): foreign_share > 0.5,
            words("length"): _far(training.median_length, length),
            words("frames"): 2 * len(frames) > len(training.frames),
        }
        if any(reasons.values()):
            names = tuple(name for name, holds in reasons.items() if holds)
            found.append(ShiftedChannel(channel, names))
    return found


def _differs(aggregates: Aggregates, cube: pl.DataFrame, frame: str, there: float) -> bool:
    """Whether a frame's share in ``cube`` differs much and significantly from ``there``."""
    n, squares = float(cube["n"].sum()), float(cube["squares"].sum())
    if not n:
        return False
    count = float(cube[frame_column(frame)].sum())
    low, high = aggregates.effects.interval(frame, count, n, squares)
    return _far(there, count / n) and not low <= there <= high


def _far(there: float, here: float) -> bool:
    low, high = sorted((there, here))
    return high > _FACTOR * low
