"""Which paragraphs the page shows: a frame's strongest, its most typical, and a spread of others.

The spread (by channel, language and time) is there so that a filter of the page still finds
something; it stays hidden until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import polars as pl

from pipeline.codebook import Codebook
from pipeline.tables import SCORE_CONTEXT
from pipeline.text.near_duplicates import Distinct

MOST = 500
# Texts that share this much (Jaccard, of word shingles) tell a reader nothing new.
SIMILARITY = 0.5
STRONGEST, TYPICAL = "strongest", "typical"
# Time is cut into this many equal parts for the spread.
_PARTS = 4
# Near-duplicates are looked for among this many of a frame's best of each kind.
_POOL = 400


@dataclass(frozen=True)
class Shown:
    """A paragraph under one frame. ``kind`` is strongest or typical; ``spare`` ones are part of the
    spread. ``start`` and ``end`` (code points of ``text``) mark the evidence, if there is any."""

    frame: str
    kind: str
    spare: bool
    paragraph_id: str
    channel: str | None
    published: datetime | None
    language: str
    forwarded_from: str | None
    url: str | None
    text: str
    probability: float
    evidence: str | None
    start: int | None
    end: int | None


def choose(scores: pl.LazyFrame, codebook: Codebook, *, each: int) -> list[Shown]:
    """At most :data:`MOST` paragraphs: ``each`` strongest, typical ones a frame, and a spread.

    Strongest is the highest probability. Typical is nearest to the frame's mean paragraph: the
    squared distance of the probabilities of all frames from their means over the paragraphs that
    carry it. Of texts that are nearly the same (:data:`SIMILARITY`) the best one is shown under a
    frame; ties go by ``paragraph_id``. Fewer than ``each`` are shown where :data:`MOST` would not
    hold them all.
    """
    frames = codebook.frame_codes
    each = max(1, min(each, MOST // (2 * len(frames))))
    spares = MOST // len(frames) - 2 * each
    picks = [_pick(scores, frame, frames, each, spares) for frame in frames]
    chosen = pl.concat(picks)
    if chosen.is_empty():
        return []
    evidence = [
        c for f in frames for c in (f"evidence_{f}", f"evidence_{f}_start", f"evidence_{f}_end")
    ]
    rows = (
        scores.filter(pl.col("paragraph_id").is_in(chosen["paragraph_id"].unique().to_list()))
        .select(*SCORE_CONTEXT, *(f"{f}_p" for f in frames), *evidence)
        .collect(engine="streaming")
    )
    by_id = {row["paragraph_id"]: row for row in rows.iter_rows(named=True)}
    return [
        _shown(by_id[pick["paragraph_id"]], pick["frame"], pick["kind"], spare=pick["spare"])
        for pick in chosen.iter_rows(named=True)
    ]


def _pick(
    scores: pl.LazyFrame, frame: str, frames: tuple[str, ...], each: int, spares: int
) -> pl.DataFrame:
    """``frame kind spare paragraph_id`` of one frame, best first."""
    own = scores.filter(pl.col(frame))
    means = own.select(pl.col(f"{f}_p").mean() for f in frames).collect(engine="streaming")
    if means.row(0)[0] is None:
        return _picked(frame, STRONGEST, [], spare=False)
    centre = dict(zip(frames, means.row(0), strict=True))
    distance = pl.sum_horizontal((pl.col(f"{f}_p") - centre[f]) ** 2 for f in frames)
    rows = (
        own.select(
            "paragraph_id", "channel", "language", "published",
            same=pl.col("text").hash(), strength=pl.col(f"{frame}_p"), distance=distance,
        )
        .collect(engine="streaming")
        .sort("strength", "paragraph_id", descending=[True, False])
        .unique("same", keep="first", maintain_order=True)
    )  # fmt: skip
    near = rows.sort("distance", "paragraph_id")
    seen = Distinct(SIMILARITY)
    strongest, typical = _told_apart(own, [(rows, each), (near, each)], seen)
    rest = rows.filter(~pl.col("paragraph_id").is_in([*strongest, *typical]))
    [spread] = _told_apart(own, [(_spread(rest), spares)], seen)
    return pl.concat([
        _picked(frame, STRONGEST, strongest, spare=False),
        _picked(frame, TYPICAL, typical, spare=False),
        _picked(frame, STRONGEST, spread, spare=True),
    ])  # fmt: skip


def _told_apart(
    own: pl.LazyFrame, orders: Sequence[tuple[pl.DataFrame, int]], seen: Distinct
) -> list[list[str]]:
    """The first so many ids of each order whose texts are unlike all that were ``seen``."""
    pools = [order["paragraph_id"].head(_POOL).to_list() for order, _ in orders]
    asked = sorted({paragraph for pool in pools for paragraph in pool})
    found = own.filter(pl.col("paragraph_id").is_in(asked)).select("paragraph_id", "text")
    texts = dict(found.collect(engine="streaming").iter_rows())
    return [
        list(islice((paragraph for paragraph in pool if seen.add(texts[paragraph])), most))
        for pool, (_, most) in zip(pools, orders, strict=True)
    ]


def _spread(rows: pl.DataFrame) -> pl.DataFrame:
    """The strongest of every channel, language and part of the time, then the second ones, …"""
    when = pl.col("published").cast(pl.Int64)
    part = ((when - when.min()) * _PARTS / (when.max() - when.min() + 1)).floor()
    rank = pl.col("strength").rank("ordinal", descending=True)
    ranked = rows.with_columns(part=part).with_columns(
        rank=rank.over("channel", "language", "part")
    )
    return ranked.sort("rank", "strength", "paragraph_id", descending=[False, True, False])


def _picked(frame: str, kind: str, ids: list[str], *, spare: bool) -> pl.DataFrame:
    return pl.DataFrame({"paragraph_id": ids}, schema={"paragraph_id": pl.String}).with_columns(
        frame=pl.lit(frame), kind=pl.lit(kind), spare=pl.lit(spare)
    )


def _shown(row: dict[str, Any], frame: str, kind: str, *, spare: bool) -> Shown:
    return Shown(
        frame=frame,
        kind=kind,
        spare=spare,
        paragraph_id=row["paragraph_id"],
        channel=row["channel"],
        published=row["published"],
        language=row["language"],
        forwarded_from=row["forwarded_from"],
        url=row["url"],
        text=row["text"],
        probability=row[f"{frame}_p"],
        evidence=row[f"evidence_{frame}"],
        start=row[f"evidence_{frame}_start"],
        end=row[f"evidence_{frame}_end"],
    )
