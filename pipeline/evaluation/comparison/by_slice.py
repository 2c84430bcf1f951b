"""Paired differences on parts of the test passages: is B better than A everywhere?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.codebook import Codebook
from pipeline.evaluation.bootstrap import percentile_interval, resampled_families
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.judged import Judged
from pipeline.evaluation.metrics import Float
from pipeline.evaluation.slices import FEWEST_PASSAGES, slice_figures, sorted_parts


@dataclass(frozen=True)
class SliceDifference:
    """Macro F1 of both systems on a part. A row with ``too_few`` combines all parts of a dimension
    with too few passages and has no metrics."""

    dimension: str
    part: str
    passages: int
    baseline: float | None = None
    other: float | None = None
    difference: float | None = None
    interval: Interval | None = None
    too_few: bool = False


def slice_differences(
    pairs: Sequence[Judged],
    passage_ids: Sequence[str],
    slices: pl.DataFrame,
    codebook: Codebook,
    *,
    samples: int,
    confidence: float,
    rng: np.random.Generator,
) -> list[SliceDifference]:
    """One row per part, in the order of the dimensions, with small parts combined.

    ``pairs`` has one item per seed: the passages of ``passage_ids`` with the baseline's decisions,
    followed by the same passages with the other system's. Intervals are not corrected for the
    number of parts.
    """
    row_of = {key: row for row, key in enumerate(passage_ids)}
    found = []
    for dimension in slices["dimension"].unique(maintain_order=True):
        own = slices.filter(pl.col("dimension") == dimension)
        small: dict[str, int] = {}
        for part in sorted_parts(set(own["part"])):
            ids = own.filter(pl.col("part") == part)["passage_id"]
            rows = np.array(sorted(row_of[key] for key in ids if key in row_of), np.int64)
            if len(rows) < FEWEST_PASSAGES:
                small[part] = len(rows)
                continue
            both = np.concatenate([rows, rows + len(passage_ids)])
            parts = [pair.take(both) for pair in pairs]
            mine, theirs, interval = _macro_of_both(parts, codebook, samples, confidence, rng)
            if mine is None or theirs is None:
                found.append(SliceDifference(dimension, part, len(rows)))
                continue
            found.append(
                SliceDifference(dimension, part, len(rows), mine, theirs, theirs - mine, interval)
            )
        if small:
            name = f"{len(small)} parts" if len(small) > 1 else next(iter(small))
            found.append(SliceDifference(dimension, name, sum(small.values()), too_few=True))
    return found


def _macro_of_both(
    pairs: Sequence[Judged],
    codebook: Codebook,
    samples: int,
    confidence: float,
    rng: np.random.Generator,
) -> tuple[float | None, float | None, Interval | None]:
    """Macro F1 of both systems and the interval of their difference; None where not defined."""
    families = pairs[0].families // 2
    drawn = np.vstack([np.ones((1, families)), resampled_families(families, samples, rng)])
    seeds = rng.multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), size=samples)
    share = np.vstack([np.full((1, len(pairs)), 1 / len(pairs)), seeds / len(pairs)])
    absent = np.zeros_like(drawn)
    mine, theirs = np.zeros(samples + 1), np.zeros(samples + 1)
    for j, pair in enumerate(pairs):
        mine += share[:, j] * _macro(pair, codebook, np.hstack([drawn, absent]))
        theirs += share[:, j] * _macro(pair, codebook, np.hstack([absent, drawn]))
    difference = theirs - mine
    if math.isnan(difference[0]):
        return None, None, None
    interval = percentile_interval(difference[1:], confidence) if families > 1 else None
    return float(mine[0]), float(theirs[0]), interval


def _macro(pair: Judged, codebook: Codebook, weights: Float) -> Float:
    return slice_figures(pair, codebook, weights)["f1_macro",]
