"""Agreement between coders per question, with bootstrap intervals over passages.

Alpha is 1 for perfect agreement, 0 for chance agreement, and undefined (None) if all answers are
the same. Frames have two: ``ordinal`` counts borderline as between absent and present, ``nominal``
counts any difference in full and is usually lower. If a frame is rare, a few differences make alpha
low; compare it with Gwet's AC1 to tell rarity from disagreement.
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
# Readings from the most to the least cautious one.
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
        ordinal: alpha with absent < borderline < present; None for a target.
        prevalence: share of answers other than absent among the units.
        units: passages with at least two answers.
        answers: answers about the units.
        observed: share of pairs of coders who gave the same answer, weighted by the answers per
            passage; None without units.
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
        """Ordinal for a frame, nominal for a target."""
        return self.nominal if self.ordinal is None else self.ordinal

    @property
    def level(self) -> str:
        return NOMINAL if self.ordinal is None else ORDINAL

    @property
    def reading(self) -> str:
        """The more cautious reading of the two alphas."""
        return min(self.nominal.reading, self.alpha.reading, key=_CAUTION.index)


@dataclass(frozen=True)
class Agreement:
    """Agreement between coders about every question with answers."""

    codebook_version: str
    coders: tuple[str, ...]
    passages: int
    confidence: float
    questions: tuple[QuestionAgreement, ...]

    def mean_alpha(self, level: str) -> float | None:
        """Mean alpha of the questions of a level; None if alpha is defined for none of them."""
        known = [
            question.alpha.point
            for question in self.questions
            if question.level == level and question.alpha.point is not None
        ]
        return float(np.mean(known)) if known else None

    def as_json(self) -> dict[str, Any]:
        """A JSON-serialisable dict; ``alpha``, ``low`` and ``high`` are those of the level."""
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
    """Agreement about every question with answers; ``cannot_say`` is not an answer.

    Intervals are percentile bootstraps over passages, with a fixed seed if ``rng`` is None. The
    order of the rows does not matter. Answers that the lead gave after seeing the others are
    excluded, since they are not independent.
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
    """``(units, values)``: number of coders per answer, one row per passage, sorted by passage."""
    return counts_by_passage(annotations, question).drop("passage_id").to_numpy().astype(np.float64)


def counts_by_passage(annotations: pl.DataFrame, question: Question) -> pl.DataFrame:
    """``passage_id`` and a column per answer with the number of coders who gave it."""
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
    # There are few patterns of answers, so the bootstrap draws counts of patterns.
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
    """Krippendorff's alpha of patterns of answers, given their matrices and frequencies."""
    values = matrices.shape[1]
    flat = matrices.reshape(len(matrices), -1)

    def coefficient(drawn: Floats) -> Floats:
        return reliability.krippendorff((drawn @ flat).reshape(-1, values, values), level)

    return reliability.bootstrap(times, coefficient, samples, confidence, rng)
