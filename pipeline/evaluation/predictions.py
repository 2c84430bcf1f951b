"""The table of predictions and coders' answers, and the most confident mistakes."""

from __future__ import annotations

from dataclasses import dataclass

import dataframely as dy
import numpy as np
import polars as pl

from pipeline import tables
from pipeline.codebook import Codebook, Question
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.evaluation.metrics import Float
from pipeline.models.predictions import Predictions

# Coders' answers by which a decision is right or wrong; borderline and contested are excluded.
_SETTLED_FRAME = ("present", "absent")


@dataclass(frozen=True)
class Mistake:
    """A decision that contradicts the coders' answer.

    ``confidence`` is the probability that the model gave to its decision; for absent, one minus the
    largest output.
    """

    question: str
    confidence: float
    said: str
    answer: str
    coders: list[float]  # the share of coders behind each output
    language: str
    passage_id: str
    post_id: str | None
    text: str
    opening: str
    before: str


def table(
    answers: Predictions, coded: LabeledPassages, codebook: Codebook
) -> dy.DataFrame[tables.TestPredictions]:
    """One row per passage and asked question, including contested ones."""
    passages = coded.passages
    parts = []
    for i, question in enumerate(codebook.questions):
        rows = np.flatnonzero(~np.isin(coded.answers[:, i].astype(str), ["", "cannot_say"]))
        columns = codebook.columns_of(question)
        probabilities = answers.probabilities[rows][:, columns].astype(np.float64)
        parts.append(
            passages[rows]
            .select("passage_id", "language", "family")
            .with_columns(
                pl.lit(question.name).alias("question"),
                pl.Series("probabilities", probabilities.tolist(), pl.List(pl.Float64)),
                pl.Series("decision", answers.decisions[rows, i].tolist(), pl.String),
                pl.Series("answer", coded.answers[rows, i].tolist(), pl.String),
                pl.Series("soft", coded.soft[rows][:, columns].tolist(), pl.List(pl.Float64)),
                # A passage without a family is its own family.
                pl.col("family").fill_null(pl.col("passage_id")),
            )
        )
    wanted = list(tables.TestPredictions.columns())
    return tables.TestPredictions.validate(pl.concat(parts).select(wanted))


def mistakes(
    answers: Predictions, coded: LabeledPassages, codebook: Codebook, *, most: int = 20
) -> list[Mistake]:
    """The most confident mistakes, at most ``most`` per question, in descending confidence."""
    found: list[Mistake] = []
    for i, question in enumerate(codebook.questions):
        confidence = _confidence(answers, i, codebook.columns_of(question), question)
        truth = coded.answers[:, i]
        settled = np.isin(
            truth.astype(str), question.answers[:-1] if question.is_stance else _SETTLED_FRAME
        )
        wrong = np.flatnonzero(settled & (answers.decisions[:, i] != truth))
        surest = wrong[np.argsort(-confidence[wrong], kind="stable")][:most]
        found += [_mistake(coded, answers, codebook, i, row, confidence[row]) for row in surest]
    return sorted(found, key=lambda mistake: -mistake.confidence)


def _confidence(answers: Predictions, i: int, columns: list[int], question: Question) -> Float:
    """``(n,)``: the probability of each decision; for absent, one minus the largest output."""
    probabilities = answers.probabilities[:, columns].astype(np.float64)
    sure: Float = 1 - probabilities.max(axis=1)
    for column, output in enumerate(question.outputs):
        word = output.partition("=")[2] if question.is_stance else "present"
        said = answers.decisions[:, i] == word
        sure[said] = probabilities[said, column]
    return sure


def _mistake(
    coded: LabeledPassages,
    answers: Predictions,
    codebook: Codebook,
    i: int,
    row: int,
    confidence: float,
) -> Mistake:
    question = codebook.questions[i]
    passage = coded.passages.row(int(row), named=True)
    return Mistake(
        question=question.name,
        confidence=round(float(confidence), 4),
        said=str(answers.decisions[row, i]),
        answer=str(coded.answers[row, i]),
        coders=[round(float(x), 4) for x in coded.soft[row, codebook.columns_of(question)]],
        language=passage["language"],
        passage_id=passage["passage_id"],
        post_id=passage.get("post_id"),
        text=passage["text"],
        opening=passage["opening"] or "",
        before=passage["before"] or "",
    )
