"""Drift and speed of coders over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from scipy.stats import binomtest

from pipeline.annotation.adjudication import independent
from pipeline.annotation.review.pairs import marked

PARTS = 8
LEAST = 15  # minimum passages and answers of a part
BREAK = 600  # seconds; longer gaps are pauses
FAST = 4  # seconds per passage


@dataclass(frozen=True)
class Part:
    """A part of a coder's work: agreement with the others where either marked."""

    coder: str
    number: int
    begins: datetime
    answers: int
    alike: float
    low: float
    high: float


@dataclass(frozen=True)
class Pace:
    """Median and quartiles in seconds per passage; None if answers have no individual times."""

    coder: str
    passages: int
    timed: int
    median: float | None
    quick: float | None
    slow: float | None


def drift(annotations: pl.DataFrame, pairs: pl.DataFrame) -> list[Part]:
    """Each coder's passages in the order of coding, divided into equal parts."""
    found = []
    both = marked(pairs)
    seen = pl.concat(
        [
            both.select("passage_id", coder=pl.col(side), same=pl.col("one") == pl.col("other"))
            for side in ("first", "second")
        ]
    )
    for coder, times in _times(annotations).items():
        ordered = times.filter(pl.col("passage_id").is_in(seen["passage_id"].unique().implode()))
        parts = min(PARTS, ordered.height // LEAST)
        # Answers with the same time have no order.
        if parts < 2 or ordered["coded_at"].n_unique() < parts:
            continue
        numbered = ordered.with_columns(part=pl.int_range(pl.len()) * parts // pl.len())
        joined = numbered.join(seen.filter(coder=coder), "passage_id")
        for (number,), rows in sorted(joined.group_by("part"), key=lambda group: group[0]):
            n = rows.height
            if n < LEAST:
                continue
            same = int(rows["same"].sum())
            low, high = binomtest(same, n).proportion_ci(method="wilson")
            begins = numbered.filter(part=number)["coded_at"].min()
            assert isinstance(begins, datetime) and isinstance(number, int)
            found.append(Part(coder, number + 1, begins, n, same / n, low, high))
    return found


def pace(annotations: pl.DataFrame) -> list[Pace]:
    """Seconds from one passage to the next, without pauses."""
    found = []
    passages = dict(
        independent(annotations).group_by("coder").agg(pl.col("passage_id").n_unique()).iter_rows()
    )
    times = _times(annotations)
    for coder in sorted(passages):
        at = times[coder]["coded_at"] if coder in times else pl.Series("coded_at", [], pl.Datetime)
        gaps = at.diff().drop_nulls().dt.total_seconds().to_numpy()
        worked = gaps[(gaps <= BREAK)]
        # All answers of a sheet have the same time; then most gaps are 0.
        if not len(worked) or np.median(worked) == 0:
            found.append(Pace(coder, passages[coder], 0, None, None, None))
            continue
        quick, median, slow = (float(q) for q in np.quantile(worked, [0.25, 0.5, 0.75]))
        found.append(Pace(coder, passages[coder], len(worked), median, quick, slow))
    return found


def _times(annotations: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Coder → ``passage_id``, ``coded_at`` in order of time."""
    timed = (
        independent(annotations)
        .filter(pl.col("coded_at").is_not_null())
        .group_by("coder", "passage_id")
        .agg(pl.col("coded_at").min())
        .sort("coder", "coded_at", "passage_id")
    )
    return {str(coder): rows for (coder,), rows in timed.group_by("coder", maintain_order=True)}
