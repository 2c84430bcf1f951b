"""Wins and losses: passages on which the two systems decide differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.codebook import STANCE_PREFIX
from pipeline.evaluation.comparison.systems import System, sorted_by_folds

WIN, LOSS, BOTH_WRONG = "win", "loss", "both wrong"


@dataclass(frozen=True)
class Change:
    """A settled question of a passage that the systems decide differently.

    ``kind`` is ``win`` if the other system is right in more seeds than the baseline, ``loss`` if in
    fewer, ``both wrong`` for two different mistakes. ``baseline`` and ``other`` are the decisions;
    if seeds disagree, the most frequent one and its count. ``text`` is empty if the text is not
    available.
    """

    question: str
    kind: str
    passage_id: str
    language: str
    text: str
    answer: str
    baseline: str
    other: str
    margin: float  # share of seeds that are right, other minus baseline


def changes(baseline: System, other: System) -> list[Change]:
    """The changes in codebook order of the questions; within a question wins first, then losses,
    then both wrong, each by descending margin."""
    before, after = sorted_by_folds(baseline), sorted_by_folds(other)
    codebook = before[0].codebook
    place = {question.name: i for i, question in enumerate(codebook.questions)}
    texts: dict[str, str] = {}
    for result in (*after, *before):
        texts |= result.texts
    decided = [np.array(x.predictions["decision"].to_list(), object) for x in (*before, *after)]
    mine, theirs = np.array(decided[: len(before)]), np.array(decided[len(before) :])
    cells = before[0].predictions.select("question", "passage_id", "language", "answer")
    found = []
    for row in _differing(cells, mine, theirs):
        question, passage, language, answer = cells.row(row)
        margin = float((theirs[:, row] == answer).mean() - (mine[:, row] == answer).mean())
        found.append(
            Change(
                question=question,
                kind=WIN if margin > 0 else LOSS if margin < 0 else BOTH_WRONG,
                passage_id=passage,
                language=language,
                text=texts.get(passage, ""),
                answer=answer,
                baseline=_majority(mine[:, row].tolist()),
                other=_majority(theirs[:, row].tolist()),
                margin=margin,
            )
        )
    order = (WIN, LOSS, BOTH_WRONG)
    return sorted(found, key=lambda c: (place[c.question], order.index(c.kind), -abs(c.margin)))


def _differing(cells: pl.DataFrame, mine: np.ndarray, theirs: np.ndarray) -> list[int]:
    """Rows with settled answers (not borderline or contested) that the systems decide differently.
    Systems whose seeds give the same counts of decisions do not differ."""
    settled = (pl.col("answer") != "contested") & (
        pl.col("question").str.starts_with(STANCE_PREFIX) | (pl.col("answer") != "borderline")
    )
    rows = np.flatnonzero(cells.select(settled.alias("settled"))["settled"].to_numpy())
    return [int(r) for r in rows if Counter(mine[:, r]) != Counter(theirs[:, r])]


def _majority(decisions: Sequence[str]) -> str:
    word, count = Counter(decisions).most_common(1)[0]
    return word if count == len(decisions) else f"{word} ({count} of {len(decisions)})"
