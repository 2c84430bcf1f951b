"""Assigns the passages of a queue to coders, with overlap, and reports their progress.

An assignment is stored in ``labels/assignments/<name>.json``: passage ids per coder, without texts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.annotation import records
from pipeline.annotation.agreement import Agreement, measure
from pipeline.annotation.coders import PERSON, Coder
from pipeline.annotation.importing import check_pseudonym
from pipeline.annotation.queue.queue_file import QueueItem
from pipeline.annotation.review.pace import BREAK
from pipeline.codebook import Codebook
from pipeline.errors import InputError, did_you_mean
from pipeline.io import files


@dataclass(frozen=True)
class Assignment:
    """Passages per coder, in the order of coding.

    Attributes:
        calibration: passages that every coder codes first.
        shared: passages that two coders code, without the calibration set.
        share_of: coder → passages, starting with the calibration set.
    """

    queue: str
    calibration: tuple[str, ...]
    shared: tuple[str, ...]
    share_of: dict[str, tuple[str, ...]]

    def save(self, folder: Path, name: str) -> Path:
        """Write to ``folder/name.json``, or to a numbered name if another record has this one."""
        return records.save(self, folder, name, read)


def deal(
    queue: Sequence[QueueItem],
    coders: Sequence[str],
    *,
    overlap: float,
    calibration: int,
    name: str,
    rng: np.random.Generator,
) -> Assignment:
    """Divide a queue among coders.

    Everybody codes the first ``calibration`` passages. A share ``overlap`` of the rest is coded by
    two coders, balanced over the pairs of coders (± 1); the others by one coder. The numbers of
    passages per coder differ by at most two. Posts may be split. Raises InputError for fewer than
    two coders, and if the queue has no passages beyond the calibration set.
    """
    names = list(dict.fromkeys(coders))
    for coder in names:
        check_pseudonym(coder)
    if len(names) < 2 or len(names) < len(coders):
        raise InputError("annotate assign: give two or more different coders: --coders a,b")
    if not 0 <= overlap <= 1:
        raise InputError(f"annotate assign: --overlap {overlap} is out of range, allowed is 0 to 1")
    keys = [item.passage_id for item in queue]
    if calibration >= len(keys):
        raise InputError(
            f"annotate assign: the queue has {len(keys)} passages, which leaves none after "
            f"{calibration} for calibration"
        )
    order = [keys[i] for i in rng.permutation(len(keys))]
    common, rest = order[:calibration], order[calibration:]
    double = round(overlap * len(rest))
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    share_of: dict[str, list[str]] = {coder: [] for coder in names}
    given = dict.fromkeys(pairs, 0)
    for key in rest[:double]:
        # The pair with the fewest passages, then the one whose coders have the fewest.
        pair = min(
            pairs, key=lambda p: (given[p], sum(len(share_of[c]) for c in p), pairs.index(p))
        )
        given[pair] += 1
        for coder in pair:
            share_of[coder].append(key)
    for key in rest[double:]:
        share_of[min(names, key=lambda c: (len(share_of[c]), names.index(c)))].append(key)
    shares = {
        coder: (*common, *(own[i] for i in rng.permutation(len(own))))
        for coder, own in share_of.items()
    }
    return Assignment(name, tuple(common), tuple(rest[:double]), shares)


def read(path: Path) -> Assignment:
    """Read an assignment; raises InputError for any other file."""
    raw = files.read_json(path)
    try:
        return Assignment(
            str(raw["queue"]),
            tuple(map(str, raw["calibration"])),
            tuple(map(str, raw["shared"])),
            {str(coder): tuple(map(str, own)) for coder, own in raw["share_of"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not an assignment: {error!r}") from error


def of_coder(found: Assignment, queue: Sequence[QueueItem], coder: str) -> list[QueueItem]:
    """The items of the queue that are assigned to a coder, in the coder's order."""
    if coder not in found.share_of:
        raise InputError(
            f"{found.queue}: nothing is assigned to {coder}"
            f"{did_you_mean(coder, list(found.share_of))}"
        )
    by_id = {item.passage_id: item for item in queue}
    return [by_id[key] for key in found.share_of[coder] if key in by_id]


@dataclass(frozen=True)
class Progress:
    """Progress of one coder: ``hours`` is the time between answers without pauses, None without
    times; ``left`` is an estimate for the remaining passages."""

    coder: str
    done: int
    assigned: int
    hours: float | None
    left: float | None
    last: datetime | None


@dataclass(frozen=True)
class Status:
    """State of a campaign; ``below`` are the questions whose interval of alpha starts below the
    target."""

    coders: tuple[Progress, ...]
    calibration_done: int
    agreement: Agreement
    target: float
    below: tuple[str, ...]


def status(
    found: Assignment, annotations: pl.DataFrame, codebook: Codebook, *, target: float
) -> Status:
    """Progress and agreement on the passages of an assignment.

    ``annotations`` is the Annotations table; answers of other coders are ignored.
    """
    names = list(found.share_of)
    keys = {key for own in found.share_of.values() for key in own}
    own = annotations.filter(pl.col("coder").is_in(names), pl.col("passage_id").is_in(list(keys)))
    agreed = measure(own, codebook)
    below = [
        row.question
        for row in agreed.questions
        if row.units and (row.alpha.low is None or row.alpha.low < target)
    ]
    coded_by = own.filter(pl.col("passage_id").is_in(list(found.calibration)))
    everybody = coded_by.group_by("passage_id").agg(pl.col("coder").n_unique())
    return Status(
        tuple(_progress(coder, found, own) for coder in names),
        everybody.filter(pl.col("coder") == len(names)).height,
        agreed,
        target,
        tuple(below),
    )


def _progress(coder: str, found: Assignment, annotations: pl.DataFrame) -> Progress:
    assigned = found.share_of[coder]
    own = (
        annotations.filter(pl.col("coder") == coder, pl.col("passage_id").is_in(list(assigned)))
        .group_by("passage_id")
        .agg(pl.col("coded_at").min())
    )
    times = own["coded_at"].drop_nulls().sort()
    gaps = times.diff().drop_nulls().dt.total_seconds().to_numpy()
    worked = gaps[(gaps > 0) & (gaps <= BREAK)]
    hours = left = None
    if len(worked):
        hours = float(worked.sum()) / 3600
        left = float(np.median(worked)) * (len(assigned) - own.height) / 3600
    last = times[-1] if len(times) else None
    return Progress(coder, own.height, len(assigned), hours, left, last)


def status_lines(now: Status, coders: Mapping[str, Coder]) -> list[str]:
    """The status as lines of text: one per coder, then the agreement."""
    lines = []
    for row in now.coders:
        share = f"{row.done} of {row.assigned}"
        hours = "" if row.hours is None else f", {row.hours:.1f} h so far"
        left = "" if not row.left else f", about {_rounded(row.left)} h left"
        registered = "" if row.coder in coders else "; not in coders.yaml yet"
        kind = coders[row.coder].kind if row.coder in coders else PERSON
        of_kind = "" if kind == PERSON else f" ({kind.replace('_', ' ')})"
        lines.append(f"{row.coder}{of_kind}: {share}{hours}{left}{registered}")
    agreed = [row for row in now.agreement.questions if row.units]
    if not agreed:
        lines.append("agreement: no passage has two answers yet")
        return lines
    enough = len(agreed) - len(now.below)
    lines.append(
        f"agreement: {enough} of {len(agreed)} questions have an alpha interval at or above "
        f"{now.target:g}" + (f"; not yet: {', '.join(now.below)}" if now.below else "")
    )
    return lines


def _rounded(hours: float) -> str:
    return f"{math.ceil(hours * 10) / 10:.1f}"
