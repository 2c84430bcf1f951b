"""Selects the paragraphs on the page: per frame the strongest, the most typical and a diverse
sample, and the strongest per stance.

The diverse sample (by channel, language and time) is hidden until a filter is set, so that filters
still find paragraphs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import polars as pl

from pipeline.codebook import STANCES, Codebook
from pipeline.tables import SCORE_CONTEXT
from pipeline.text.near_duplicates import Distinct, families

MOST = 500
# Jaccard similarity of word shingles from which on only one of the texts is shown.
SIMILARITY = 0.5
# Similarity from which on texts count as copies; above _MANY paragraphs only equal texts do.
REPOSTED = 0.8
_MANY = 50_000
STRONGEST, TYPICAL = "strongest", "typical"
# Paragraphs of each stance toward each target.
OF_STANCE = 3
# Number of equal parts of the time for the diverse sample.
_PARTS = 4
# Number of a frame's best paragraphs per kind that are checked for near-duplicates.
_POOL = 400


@dataclass(frozen=True)
class Shown:
    """A paragraph of a frame, or of a stance (``stance_<target>=<stance>``). ``kind`` is strongest
    or typical; ``spare`` paragraphs belong to the diverse sample. ``start`` and ``end`` are the
    offsets of the evidence in ``text``, in code points. ``copies`` counts near-identical paragraphs
    of the frame, including this one."""

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
    copies: int = 1


def choose(scores: pl.LazyFrame, codebook: Codebook, *, each: int) -> list[Shown]:
    """Select per frame ``each`` strongest, ``each`` typical and some diverse paragraphs, at most
    :data:`MOST` in all (which may lower ``each``), and :data:`OF_STANCE` per stance.

    Strongest means the highest probability. Typical means the smallest squared distance of the
    probabilities of all frames from their means over the frame's paragraphs. Of similar texts
    (:data:`SIMILARITY`) only the best is shown per frame; ties are broken by ``paragraph_id``.
    """
    frames = codebook.frame_codes
    each = max(1, min(each, MOST // (2 * len(frames))))
    spares = MOST // len(frames) - 2 * each
    picks = [_pick(scores, frame, frames, each, spares) for frame in frames]
    picks += [_of_stance(scores, t, s) for t in codebook.target_codes for s in STANCES]
    chosen = pl.concat(picks)
    if chosen.is_empty():
        return []
    evidence = [
        c for f in frames for c in (f"evidence_{f}", f"evidence_{f}_start", f"evidence_{f}_end")
    ]
    rows = (
        scores.filter(pl.col("paragraph_id").is_in(chosen["paragraph_id"].unique().to_list()))
        .select(
            *SCORE_CONTEXT,
            *(f"{f}_p" for f in frames),
            *(f"stance_{t}_p" for t in codebook.target_codes),
            *evidence,
        )
        .collect(engine="streaming")
    )
    by_id = {row["paragraph_id"]: row for row in rows.iter_rows(named=True)}
    return [_shown(by_id[pick["paragraph_id"]], pick) for pick in chosen.iter_rows(named=True)]


def _pick(
    scores: pl.LazyFrame, frame: str, frames: tuple[str, ...], each: int, spares: int
) -> pl.DataFrame:
    """``paragraph_id copies frame kind spare`` of one frame, best first."""
    own = scores.filter(pl.col(frame))
    means = own.select(pl.col(f"{f}_p").mean() for f in frames).collect(engine="streaming")
    if means.row(0)[0] is None:
        return _picked(frame, STRONGEST, [], {}, spare=False)
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
    copies = _copies(own)
    seen = Distinct(SIMILARITY)
    strongest, typical = _distinct_ids(own, [(rows, each), (near, each)], seen)
    rest = rows.filter(~pl.col("paragraph_id").is_in([*strongest, *typical]))
    [diverse] = _distinct_ids(own, [(_by_diversity(rest), spares)], seen)
    return pl.concat([
        _picked(frame, STRONGEST, strongest, copies, spare=False),
        _picked(frame, TYPICAL, typical, copies, spare=False),
        _picked(frame, STRONGEST, diverse, copies, spare=True),
    ])  # fmt: skip


def _of_stance(scores: pl.LazyFrame, target: str, stance: str) -> pl.DataFrame:
    """The most probable paragraphs of one stance, in the form of :func:`_pick`."""
    own = scores.filter(pl.col(f"stance_{target}") == stance)
    strongest = own.sort(f"stance_{target}_p", "paragraph_id", descending=[True, False])
    rows = strongest.select("paragraph_id").head(_POOL).collect(engine="streaming")
    [chosen] = _distinct_ids(own, [(rows, OF_STANCE)], Distinct(SIMILARITY))
    return _picked(f"stance_{target}={stance}", STRONGEST, chosen, _copies(own), spare=False)


def _copies(own: pl.LazyFrame) -> dict[str, int]:
    """Paragraph id → number of near-identical paragraphs, including itself."""
    rows = own.select("paragraph_id", "text").collect(engine="streaming")
    if rows.height <= _MANY:
        family = pl.Series(families(rows["text"].to_list(), similarity=REPOSTED), dtype=pl.String)
        rows = rows.with_columns(family=family)
    else:
        rows = rows.with_columns(family=pl.col("text").hash())
    return dict(rows.select("paragraph_id", pl.len().over("family")).iter_rows())


def _distinct_ids(
    own: pl.LazyFrame, orders: Sequence[tuple[pl.DataFrame, int]], seen: Distinct
) -> list[list[str]]:
    """Per order, its first ids (up to the given number) whose texts are unlike all ``seen``."""
    pools = [order["paragraph_id"].head(_POOL).to_list() for order, _ in orders]
    ids = sorted({paragraph for pool in pools for paragraph in pool})
    found = own.filter(pl.col("paragraph_id").is_in(ids)).select("paragraph_id", "text")
    texts = dict(found.collect(engine="streaming").iter_rows())
    return [
        list(islice((paragraph for paragraph in pool if seen.add(texts[paragraph])), most))
        for pool, (_, most) in zip(pools, orders, strict=True)
    ]


def _by_diversity(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows sorted by their rank within channel, language and part of the time, then by strength."""
    when = pl.col("published").cast(pl.Int64)
    part = ((when - when.min()) * _PARTS / (when.max() - when.min() + 1)).floor()
    rank = pl.col("strength").rank("ordinal", descending=True)
    ranked = rows.with_columns(part=part).with_columns(
        rank=rank.over("channel", "language", "part")
    )
    return ranked.sort("rank", "strength", "paragraph_id", descending=[False, True, False])


def _picked(
    frame: str, kind: str, ids: list[str], copies: dict[str, int], *, spare: bool
) -> pl.DataFrame:
    rows = {"paragraph_id": ids, "copies": [copies[paragraph] for paragraph in ids]}
    return pl.DataFrame(rows, schema={"paragraph_id": pl.String, "copies": pl.Int64}).with_columns(
        frame=pl.lit(frame), kind=pl.lit(kind), spare=pl.lit(spare)
    )


def _shown(row: dict[str, Any], pick: dict[str, Any]) -> Shown:
    frame = pick["frame"]
    question = frame.partition("=")[0]
    return Shown(
        frame=frame,
        kind=pick["kind"],
        spare=pick["spare"],
        paragraph_id=row["paragraph_id"],
        channel=row["channel"],
        published=row["published"],
        language=row["language"],
        forwarded_from=row["forwarded_from"],
        url=row["url"],
        text=row["text"],
        probability=row[f"{question}_p"],
        evidence=row.get(f"evidence_{frame}"),
        start=row.get(f"evidence_{frame}_start"),
        end=row.get(f"evidence_{frame}_end"),
        copies=pick["copies"],
    )
