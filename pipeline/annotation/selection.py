"""Whose answers are looked at, and whose count: coders, kinds of coders, passages, periods."""

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
    """Which answers are looked at; what is empty or None does not restrict.

    ``passages`` are those of a queue. An answer without a time is in no period.
    """

    coders: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    passages: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Selection()


def moment(value: str, flag: str) -> datetime:
    """A day or time as typed, in UTC where it names no zone; InputError names the ``flag``."""
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
    """The answers that are wanted, and whose they are, in words.

    Where neither coders nor kinds are named, people's answers are taken alone if any person
    answered. Raises :class:`InputError` for an unknown name, and where nothing is left.
    """
    kinds = kinds_of(annotations, coders)
    for name in wanted.coders:
        if name not in kinds:
            raise InputError(f"--coder {name}: has no answers{did_you_mean(name, sorted(kinds))}")
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
        raise InputError(
            "no answers are left; --coder, --kind, --queue, --since, --until say whose"
        )
    return kept, _told(kept, kinds, by_default=chosen == [PERSON] and not wanted.kinds)


def _told(kept: pl.DataFrame, kinds: Mapping[str, str], *, by_default: bool) -> str:
    names = sorted(kept["coder"].unique())
    said = f"answers of {', '.join(names)}"
    others = sorted(set(kinds) - set(names))
    if by_default and others:
        said += f"; left out: {', '.join(others)} (people are looked at alone; --kind for others)"
    return said


def kinds_of(annotations: pl.DataFrame, coders: Mapping[str, Coder]) -> dict[str, str]:
    """Coder with answers → kind; ``unknown`` for one that is not registered."""
    return {
        name: coders[name].kind if name in coders else "unknown"
        for name in sorted(annotations["coder"].unique())
    }


def voting(annotations: pl.DataFrame, people: Collection[str], votes: str) -> pl.DataFrame:
    """The answers that make the label.

    With ``people_first`` the others' answers to a question about a passage are left out where a
    person answered it, so that no number of models outvotes one person; ``all`` takes every answer.
    What the lead settled stays in any case and leaves nobody out.
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
    """People's answers alone where any person answered, else all."""
    own = annotations.filter(pl.col("coder").is_in(list(people)))
    return annotations if own.is_empty() else own


def people_among(coders: Mapping[str, Coder]) -> Sequence[str]:
    """Names of the coders who are persons."""
    return [name for name, coder in coders.items() if coder.kind == PERSON]
