"""Agreement by kind of coder: between people, between models, and across."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.annotation import agreement, reliability
from pipeline.annotation.adjudication import independent
from pipeline.annotation.agreement import NOMINAL, ORDINAL, counts_by_passage
from pipeline.annotation.coders import LANGUAGE_MODEL, PERSON, Coder
from pipeline.annotation.reliability import Estimate
from pipeline.annotation.selection import kinds_of
from pipeline.codebook import Codebook, Question


@dataclass(frozen=True)
class Group:
    """Alpha of some pairs of coders, at the question's level; ``units`` are passages."""

    alpha: Estimate
    units: int


@dataclass(frozen=True)
class KindsCompared:
    """One question; ``across`` pairs each person with each model on the same passage."""

    question: str
    level: str
    people: Group
    models: Group
    across: Group


def compare(
    annotations: pl.DataFrame,
    coders: Mapping[str, Coder],
    codebook: Codebook,
    *,
    samples: int = 1000,
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
) -> list[KindsCompared]:
    """Compare every question that a person and a model answered on the same passage.

    A model agrees with people as well as people among themselves if ``across`` is as high as
    ``people``. Answers of the lead and ``cannot_say`` are excluded.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    given = independent(annotations).filter(pl.col("answer") != "cannot_say")
    kinds = kinds_of(given, coders)
    by_kind = {
        kind: given.filter(pl.col("coder").is_in([n for n, k in kinds.items() if k == kind]))
        for kind in (PERSON, LANGUAGE_MODEL)
    }

    def within(rows: pl.DataFrame, question: Question, level: str) -> Group:
        counts = agreement.answer_counts(rows, question)
        pairable = counts[counts.sum(axis=1) >= 2]
        if not len(pairable):
            return Group(reliability.NOTHING, 0)
        patterns, times = np.unique(pairable, axis=0, return_counts=True)
        matrices = reliability.unit_coincidences(patterns)
        found = agreement.alpha(matrices, times, level, samples, confidence, rng)
        return Group(found, len(pairable))

    compared = []
    for question in codebook.questions:
        level = NOMINAL if question.is_stance else ORDINAL
        first, second = (counts_by_passage(rows, question) for rows in by_kind.values())
        both = first.join(second, "passage_id", suffix="_of_models").drop("passage_id").to_numpy()
        if not len(both):
            continue
        patterns, times = np.unique(both.astype(np.float64), axis=0, return_counts=True)
        half = patterns.shape[1] // 2
        matrices = reliability.coincidences_across(patterns[:, :half], patterns[:, half:])
        across = agreement.alpha(matrices, times, level, samples, confidence, rng)
        people, models = (within(rows, question, level) for rows in by_kind.values())
        compared.append(
            KindsCompared(question.name, level, people, models, Group(across, len(both)))
        )
    return compared
