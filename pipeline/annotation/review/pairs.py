"""Pairs of coders' answers to the same question."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.annotation.adjudication import FRAME_VALUES, STANCE_VALUES, independent
from pipeline.annotation.agreement import measure
from pipeline.codebook import Codebook, Question

ABSENT = "absent"


@dataclass(frozen=True)
class Confusion:
    """``counts[i][j]``: passages where the first coder gave answer i and the second answer j."""

    question: Question
    answers: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def differences(self) -> int:
        return sum(
            n for i, row in enumerate(self.counts) for j, n in enumerate(row) if i != j
        )  # fmt: skip


@dataclass(frozen=True)
class PairOfCoders:
    """Two coders on the passages that both answered.

    ``alike`` is the share of equal answers where either marked anything, since most questions are
    absent for both. ``alpha`` is the mean over questions.
    """

    first: str
    second: str
    passages: int
    alike: float | None
    alpha: float | None
    confusions: tuple[Confusion, ...]


def side_by_side(annotations: pl.DataFrame) -> pl.DataFrame:
    """``passage_id question first second one other``: one row per question and pair of coders;
    ``first`` and ``second`` are the coders in order of their names, ``one`` and ``other`` their
    answers. The lead's answers and ``cannot_say`` are excluded."""
    given = (
        independent(annotations)
        .filter(pl.col("answer") != "cannot_say")
        .select("passage_id", "question", "coder", "answer")
    )
    left = given.rename({"coder": "first", "answer": "one"})
    right = given.rename({"coder": "second", "answer": "other"})
    return (
        left.join(right, ["passage_id", "question"])
        .filter(pl.col("first") < pl.col("second"))
        .sort("passage_id", "question", "first", "second")
    )


def marked(pairs: pl.DataFrame) -> pl.DataFrame:
    """Rows where at least one coder did not answer absent."""
    return pairs.filter((pl.col("one") != ABSENT) | (pl.col("other") != ABSENT))


def pairs_of_coders(
    annotations: pl.DataFrame, pairs: pl.DataFrame, codebook: Codebook
) -> list[PairOfCoders]:
    """All pairs of coders with common passages, most common passages first."""
    found = []
    for (first, second), rows in pairs.group_by("first", "second", maintain_order=True):
        of_both = rows["passage_id"].unique().implode()
        answers = annotations.filter(
            pl.col("coder").is_in([first, second]), pl.col("passage_id").is_in(of_both)
        )
        agreed = measure(answers, codebook, samples=1).questions
        known = [q.alpha.point for q in agreed if q.alpha.point is not None]
        found.append(
            PairOfCoders(
                str(first),
                str(second),
                rows["passage_id"].n_unique(),
                alike(marked(rows)),
                sum(known) / len(known) if known else None,
                tuple(confusion(rows, question) for question in codebook.questions),
            )
        )
    return sorted(found, key=lambda pair: (-pair.passages, pair.first, pair.second))


def alike(rows: pl.DataFrame) -> float | None:
    """Share of equal answers; None for no rows."""
    same = int((rows["one"] == rows["other"]).sum())
    return same / rows.height if rows.height else None


def confusion(rows: pl.DataFrame, question: Question) -> Confusion:
    answers = STANCE_VALUES if question.is_stance else FRAME_VALUES
    own = rows.filter(question=question.name).group_by("one", "other").len()
    counted = {(one, other): n for one, other, n in own.iter_rows()}
    counts = tuple(tuple(counted.get((one, other), 0) for other in answers) for one in answers)
    return Confusion(question, answers, counts)
