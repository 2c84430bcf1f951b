"""Advice from patterns of disagreement: rules to clarify, and coders who differ systematically."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from pipeline.annotation.agreement import Agreement
from pipeline.annotation.reliability import NOT_RELIABLE, UNDECIDED
from pipeline.annotation.review.pace import Part
from pipeline.annotation.review.pairs import ABSENT
from pipeline.codebook import Codebook, Question

FEWEST = 5  # minimum differences of a pattern
MOST = 0.6  # minimum share of one kind among the differences of a question
SWAPPED = 0.1  # minimum share of swaps among the differences about two frames
_READS = {
    NOT_RELIABLE: "is not reliable",
    UNDECIDED: "has too few passages to tell",
    "tentative": "allows only tentative conclusions",
}


@dataclass(frozen=True)
class Advice:
    """A sentence, the numbers (from 1) of related rulings, and the number of passages behind it."""

    text: str
    rulings: tuple[int, ...]
    weight: int


def advice(
    pairs: pl.DataFrame,
    agreed: Agreement,
    parts: Sequence[Part],
    codebook: Codebook,
) -> list[Advice]:
    """All advice, sorted by descending weight; ``agreed`` is from ``agreement.measure``."""
    apart = pairs.filter(pl.col("one") != pl.col("other"))
    found = [
        *_confused(pairs, apart, codebook),
        *_boundaries(apart, codebook),
        *_unreliable(agreed, apart, codebook),
        *_leanings(apart, codebook),
        *_drifting(parts),
    ]
    return sorted(found, key=lambda item: (-item.weight, item.text))


def _name(question: Question) -> str:
    return question.rule.display_name


def _rulings(codebook: Codebook, *questions: Question) -> tuple[int, ...]:
    codes = {question.rule.code for question in questions}
    return tuple(
        number
        for number, ruling in enumerate(codebook.rulings, start=1)
        if codes & set(ruling.applies_to)
    )


def _confused(pairs: pl.DataFrame, apart: pl.DataFrame, codebook: Codebook) -> Iterator[Advice]:
    """Pairs of frames of which one coder marks one and another coder the other."""
    frames = [question for question in codebook.questions if not question.is_stance]
    key = ["passage_id", "first", "second"]
    marks = {
        q.name: pairs.filter(question=q.name).select(
            *key, a=pl.col("one") != ABSENT, b=pl.col("other") != ABSENT
        )
        for q in frames
    }
    differing = {q.name: set(apart.filter(question=q.name)["passage_id"]) for q in frames}
    for one, other in combinations(frames, 2):
        joined = marks[one.name].join(marks[other.name], key, suffix="_other")
        instead = (pl.col("a") & ~pl.col("b") & ~pl.col("a_other") & pl.col("b_other")) | (
            ~pl.col("a") & pl.col("b") & pl.col("a_other") & ~pl.col("b_other")
        )
        swapped = joined.filter(instead)["passage_id"].n_unique()
        either = len(differing[one.name] | differing[other.name])
        if swapped >= FEWEST and swapped >= SWAPPED * either:
            both = tuple(
                n for n in _rulings(codebook, one) if n in _rulings(codebook, other)
            )  # fmt: skip
            yield Advice(
                f"{_name(one)} and {_name(other)} are confused in {swapped} of the {either} "
                "passages on which coders differ about either"
                + ("" if both else "; no ruling covers both, write one"),
                both,
                swapped,
            )


def _boundaries(apart: pl.DataFrame, codebook: Codebook) -> Iterator[Advice]:
    """Questions whose differences are mostly of one kind."""
    for question in codebook.questions:
        rows = apart.filter(question=question.name)
        if rows.height < FEWEST:
            continue
        kinds = dict(
            rows.select(kind=pl.concat_list("one", "other").list.sort().list.join("/"))
            .group_by("kind")
            .len()
            .iter_rows()
        )
        if question.is_stance:
            mention = sum(n for kind, n in kinds.items() if ABSENT in kind.split("/"))
            kinds = {"mention": mention, "tone": rows.height - mention}
        kind, most = max(kinds.items(), key=lambda item: (item[1], item[0]))
        if most < MOST * rows.height:
            continue
        what = {
            "mention": "about whether it is mentioned: define what counts as a mention",
            "tone": "about the stance, not the mention: define the limits of neutral",
            "borderline/present": "between borderline and present: define where present begins",
            "absent/borderline": "between absent and borderline: define where borderline begins",
            "absent/present": "between absent and present: coders miss it or apply another rule",
        }[kind]
        yield Advice(
            f"{_name(question)}: {most} of {rows.height} differences are {what}",
            _rulings(codebook, question),
            most,
        )


def _unreliable(agreed: Agreement, apart: pl.DataFrame, codebook: Codebook) -> Iterator[Advice]:
    for row in agreed.questions:
        if row.alpha.point is None or row.reading not in _READS:
            continue
        question = codebook.question(row.question)
        nominal = "" if row.ordinal is None else f" (nominal {row.nominal.point:.2f})"
        yield Advice(
            f"{_name(question)} {_READS[row.reading]}: alpha {row.alpha.point:.2f}{nominal} on "
            f"{row.units} passages",
            _rulings(codebook, question),
            apart.filter(question=question.name)["passage_id"].n_unique(),
        )


def _leanings(apart: pl.DataFrame, codebook: Codebook) -> Iterator[Advice]:
    """Pairs of coders of which one marks questions significantly more often than the other (exact
    sign test, p below 0.01)."""
    from scipy.stats import binomtest

    found: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
    for question in codebook.questions:
        rows = apart.filter(question=question.name)
        for (first, second), own in rows.group_by("first", "second", maintain_order=True):
            more = own.filter((pl.col("one") != ABSENT) & (pl.col("other") == ABSENT)).height
            less = own.filter((pl.col("one") == ABSENT) & (pl.col("other") != ABSENT)).height
            if more + less < 2 * FEWEST or binomtest(more, more + less).pvalue >= 0.01:
                continue
            eager, wary = (first, second) if more > less else (second, first)
            counts = max(more, less), min(more, less), _name(question)
            found.setdefault((str(eager), str(wary)), []).append(counts)
    for (eager, wary), leanings in found.items():
        leanings.sort(key=lambda item: (-item[0], item[2]))
        listed = ", ".join(f"{name} ({more} to {less})" for more, less, name in leanings)
        yield Advice(
            f"{eager} marks significantly more than {wary}: {listed}; discuss these questions",
            (),
            leanings[0][0],
        )


def _drifting(parts: Sequence[Part]) -> Iterator[Advice]:
    """Coders whose first and last parts have intervals that do not overlap."""
    for coder in dict.fromkeys(part.coder for part in parts):
        own = [part for part in parts if part.coder == coder]
        first, last = own[0], own[-1]
        if first is not last and (first.low > last.high or first.high < last.low):
            way = "fell" if last.alike < first.alike else "rose"
            yield Advice(
                f"{coder}: agreement with the others where either marked {way} from "
                f"{first.alike:.2f} to {last.alike:.2f} between the first and the last part",
                (),
                round(abs(last.alike - first.alike) * last.answers),
            )
