"""Selects answers by coder, kind of coder, passage and period, and those that make the label."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from pipeline.annotation.adjudication import BY_LEAD, independent
from pipeline.annotation.coders import KINDS, PERSON, Coder
from pipeline.errors import InputError, did_you_mean

PEOPLE_FIRST, ALL = "people_first", "all"
_KEYS = ["passage_id", "question"]


@dataclass(frozen=True)
class Selection:
    """Filters of answers; empty or None means no restriction.

    ``passages`` are those of a queue. Answers without a time are in no period.
    """

    coders: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    passages: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Selection()


def moment(value: str, flag: str) -> datetime:
    """Parse a day or time, in UTC if it has no zone; raises InputError that names the ``flag``."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise InputError(
            f"{flag} {value!r}: expected a day or time such as {date(2026, 11, 24).isoformat()}"
        ) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def select(
    annotations: pl.DataFrame, coders: Mapping[str, Coder], wanted: Selection
) -> tuple[pl.DataFrame, str]:
    """The selected answers, and a description of their coders.

    Without coders and kinds only people's answers are selected, if there are any. Raises
    :class:`InputError` for an unknown name, and if no answers are left.
    """
    kinds = kinds_of(annotations, coders)
    for name in wanted.coders:
        if name not in kinds:
            raise InputError(f"--coder {name}: no answers{did_you_mean(name, sorted(kinds))}")
    for kind in wanted.kinds:
        if kind not in KINDS:
            raise InputError(f"--kind {kind}: unknown{did_you_mean(kind, list(KINDS))}")
    kept = annotations
    if wanted.passages is not None:
        kept = kept.filter(pl.col("passage_id").is_in(list(wanted.passages)))
    if wanted.since is not None:
        kept = kept.filter(pl.col("coded_at") >= wanted.since)
    if wanted.until is not None:
        kept = kept.filter(pl.col("coded_at") < wanted.until)
    chosen = list(wanted.kinds)
    if not wanted.coders and not chosen and PERSON in kinds_of(kept, coders).values():
        chosen = [PERSON]
    names = [
        name
        for name, kind in kinds.items()
        if (not wanted.coders or name in wanted.coders) and (not chosen or kind in chosen)
    ]
    kept = kept.filter(pl.col("coder").is_in(names))
    if kept.is_empty():
        raise InputError("no answers match; change --coder, --kind, --queue, --since or --until")
    return kept, _described(kept, kinds, by_default=chosen == [PERSON] and not wanted.kinds)


def _described(kept: pl.DataFrame, kinds: Mapping[str, str], *, by_default: bool) -> str:
    names = sorted(kept["coder"].unique())
    text = f"answers of {', '.join(names)}"
    others = sorted(set(kinds) - set(names))
    if by_default and others:
        text += f"; left out: {', '.join(others)} (only people by default; use --kind for others)"
    return text


def kinds_of(annotations: pl.DataFrame, coders: Mapping[str, Coder]) -> dict[str, str]:
    """Coder with answers → kind; ``unknown`` for one that is not registered."""
    return {
        name: coders[name].kind if name in coders else "unknown"
        for name in sorted(annotations["coder"].unique())
    }


def voting(annotations: pl.DataFrame, people: Collection[str], votes: str) -> pl.DataFrame:
    """The answers that make the label.

    With ``people_first``, answers of other kinds to a question about a passage are dropped if a
    person answered it, so that models cannot outvote a person; ``all`` keeps every answer. The
    lead's answers are always kept, and do not cause others to be dropped.
    """
    if votes == ALL:
        return annotations
    by_person = pl.col("coder").is_in(list(people))
    decided = (
        independent(annotations)
        .filter(by_person, pl.col("answer") != "cannot_say")
        .select(_KEYS)
        .unique()
        .with_columns(by_people=pl.lit(value=True))
    )
    return (
        annotations.join(decided, on=_KEYS, how="left", maintain_order="left")
        .filter(by_person | BY_LEAD | pl.col("by_people").is_null())
        .drop("by_people")
    )


def of_people_or_all(annotations: pl.DataFrame, people: Collection[str]) -> pl.DataFrame:
    """Only people's answers if there are any, else all."""
    own = annotations.filter(pl.col("coder").is_in(list(people)))
    return annotations if own.is_empty() else own


def people_among(coders: Mapping[str, Coder]) -> Sequence[str]:
    """Names of the coders of kind person."""
    return [name for name, coder in coders.items() if coder.kind == PERSON]
