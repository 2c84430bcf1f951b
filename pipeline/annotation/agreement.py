"""How far coders agree about each question, with intervals over passages.

Alpha is 1 for perfect agreement, 0 for what chance would give, and undefined (None) where all
answers are the same. Frames have two: ``ordinal`` counts borderline as between absent and present,
``nominal`` counts any difference in full and is the lower of the two as a rule. Where a frame is
rare, alpha is low as soon as a few answers differ; Gwet's AC1 beside it tells rarity from
disagreement.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.annotation import reliability
from pipeline.annotation.adjudication import FRAME_VALUES, STANCE_VALUES, independent
from pipeline.annotation.reliability import Estimate, Floats
from pipeline.codebook import Codebook, Question

ORDINAL, NOMINAL = "ordinal", "nominal"
# From the most to the least cautious reading.
_CAUTION = (
    reliability.UNDEFINED,
    reliability.NOT_RELIABLE,
    reliability.UNDECIDED,
    "tentative",
    "reliable",
)


@dataclass(frozen=True)
class QuestionAgreement:
    """Agreement about one question.

    Attributes:
        ordinal: alpha with absent < borderline < present; None for a target, whose answers have no
            order.
        prevalence: share of answers other than absent, about passages with two answers and more.
        units: passages with two answers and more.
        answers: answers about those passages.
        observed: share of pairs of coders who gave the same answer, a passage weighing as much as
            it has answers; None without units.
    """

    question: str
    ordinal: Estimate | None
    nominal: Estimate
    ac1: Estimate
    prevalence: float | None
    units: int
    answers: int
    observed: float | None

    @property
    def alpha(self) -> Estimate:
        """At the level that suits the answers: ordinal for a frame, nominal for a target."""
        return self.nominal if self.ordinal is None else self.ordinal

    @property
    def level(self) -> str:
        return NOMINAL if self.ordinal is None else ORDINAL

    @property
    def reading(self) -> str:
        """What both alphas allow one to conclude: the more cautious reading of the two."""
        return min(self.nominal.reading, self.alpha.reading, key=_CAUTION.index)


@dataclass(frozen=True)
class Agreement:
    """Agreement of some coders about every question that they were asked."""

    codebook_version: str
    coders: tuple[str, ...]
    passages: int
    confidence: float
    questions: tuple[QuestionAgreement, ...]

    def mean_alpha(self, level: str) -> float | None:
        """Over the questions of a level; None where alpha is defined for none of them."""
        known = [
            question.alpha.point
            for question in self.questions
            if question.level == level and question.alpha.point is not None
        ]
        return float(np.mean(known)) if known else None

    def as_json(self) -> dict[str, Any]:
        """Plain values for a file; ``alpha``, ``low`` and ``high`` are those at its level."""
        return {
            "codebook_version": self.codebook_version,
            "coders": list(self.coders),
            "passages": self.passages,
            "confidence": self.confidence,
            "questions": [_row(question) for question in self.questions],
            "mean_alpha": {
                "frames": self.mean_alpha(ORDINAL),
                "targets": self.mean_alpha(NOMINAL),
            },
        }


def _row(question: QuestionAgreement) -> dict[str, Any]:
    alpha = question.alpha
    own = {"level": question.level, "alpha": alpha.point, "low": alpha.low, "high": alpha.high}
    return asdict(question) | own | {"reading": question.reading}


def measure(
    annotations: pl.DataFrame,
    codebook: Codebook,
    *,
    samples: int = 1000,
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
) -> Agreement:
    """Agreement about every question that was asked. ``cannot_say`` is no answer.

    Intervals are percentile bootstraps over passages; without ``rng`` they are drawn from a fixed
    seed. The order of the rows does not matter. What the lead settled in sight of the others is
    left out: it would be agreement by arrangement.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    annotations = independent(annotations)
    given = annotations.filter(pl.col("answer") != "cannot_say")
    return Agreement(
        codebook_version=codebook.version,
        coders=tuple(sorted(annotations["coder"].unique())),
        passages=annotations["passage_id"].n_unique(),
        confidence=confidence,
        questions=tuple(
            _of_question(question, counts, samples, confidence, rng)
            for question in codebook.questions
            if len(counts := answer_counts(given, question))
        ),
    )


def answer_counts(annotations: pl.DataFrame, question: Question) -> Floats:
    """``(units, values)``: how many coders gave each answer, a row a passage, sorted by passage."""
    return counts_by_passage(annotations, question).drop("passage_id").to_numpy().astype(np.float64)


def counts_by_passage(annotations: pl.DataFrame, question: Question) -> pl.DataFrame:
    """``passage_id`` and a column for each answer: how many coders gave it."""
    values = STANCE_VALUES if question.is_stance else FRAME_VALUES
    return (
        annotations.filter(question=question.name)
        .group_by("passage_id")
        .agg(*((pl.col("answer") == value).sum().alias(value) for value in values))
        .sort("passage_id")
    )


def _of_question(
    question: Question, counts: Floats, samples: int, confidence: float, rng: np.random.Generator
) -> QuestionAgreement:
    pairable = counts[counts.sum(axis=1) >= 2]
    if not len(pairable):
        nothing = reliability.NOTHING
        ordinal = None if question.is_stance else nothing
        return QuestionAgreement(question.name, ordinal, nothing, nothing, None, 0, 0, None)
    # Few patterns of answers exist, so passages are drawn as so many of each pattern.
    patterns, times = np.unique(pairable, axis=0, return_counts=True)
    matrices = reliability.unit_coincidences(patterns)
    total = (times[:, None, None] * matrices).sum(axis=0)
    everything, of_all = np.unique(counts, axis=0, return_counts=True)
    return QuestionAgreement(
        question=question.name,
        ordinal=(
            None
            if question.is_stance
            else alpha(matrices, times, ORDINAL, samples, confidence, rng)
        ),
        nominal=alpha(matrices, times, NOMINAL, samples, confidence, rng),
        ac1=reliability.bootstrap(
            of_all,
            lambda drawn: reliability.gwet(everything, drawn),
            samples,
            confidence,
            rng,
        ),
        prevalence=float(1 - pairable[:, 0].sum() / pairable.sum()),
        units=len(pairable),
        answers=int(pairable.sum()),
        observed=float(np.trace(total) / total.sum()),
    )


def alpha(
    matrices: Floats,
    times: Any,
    level: str,
    samples: int,
    confidence: float,
    rng: np.random.Generator,
) -> Estimate:
    """Krippendorff's, of patterns with their matrices and how often each is there."""
    values = matrices.shape[1]
    flat = matrices.reshape(len(matrices), -1)

    def coefficient(drawn: Floats) -> Floats:
        return reliability.krippendorff((drawn @ flat).reshape(-1, values, values), level)

    return reliability.bootstrap(times, coefficient, samples, confidence, rng)
