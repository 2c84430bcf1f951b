"""Labels and paragraphs, joined into the matrices used for training and evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.codebook import Codebook

Matrix = NDArray[np.float32]
Mask = NDArray[np.bool_]
Answers = NDArray[np.object_]


@dataclass(frozen=True)
class LabeledPassages:
    """Passages with their adjudicated answers, row by row.

    Attributes:
        passages: columns ``passage_id text opening before language family`` and others, n rows.
        soft: ``(n, outputs)`` float32, the share of coders who chose each output (borderline
            counts half).
        asked: ``(n, outputs)`` bool, False where the question was not asked or is contested.
        answers: ``(n, questions)`` of str; ``""`` where not asked, ``"contested"`` where tied.
    """

    passages: pl.DataFrame
    soft: Matrix
    asked: Mask
    answers: Answers

    def __len__(self) -> int:
        return self.passages.height

    @property
    def families(self) -> list[str]:
        """The family of each passage; a passage without one is its own family."""
        named = self.passages["family"].to_list()
        return [name or f"row {row}" for row, name in enumerate(named)]

    def take(self, rows: NDArray[np.int64]) -> LabeledPassages:
        """The rows at these positions, in this order."""
        return LabeledPassages(
            self.passages[rows], self.soft[rows], self.asked[rows], self.answers[rows]
        )

    def of_fold(self, folds: pl.DataFrame, fold: str) -> LabeledPassages:
        """The passages of a fold, in the order of this table."""
        wanted = folds.filter(pl.col("fold") == fold)["passage_id"]
        return self.take(np.flatnonzero(self.passages["passage_id"].is_in(wanted.implode())))


def labeled_passages(
    paragraphs: pl.DataFrame, labels: pl.DataFrame, codebook: Codebook
) -> LabeledPassages:
    """Join by ``passage_id``; keeps only labelled passages, sorted by id, each once."""
    wanted = labels["passage_id"].unique().implode()
    passages = (
        paragraphs.filter(pl.col("passage_id").is_in(wanted))
        .sort("passage_id", "paragraph_id")
        .unique("passage_id", keep="first", maintain_order=True)
    )
    row_of = {key: row for row, key in enumerate(passages["passage_id"])}
    n = passages.height
    soft = np.zeros((n, len(codebook.outputs)), np.float32)
    asked = np.zeros((n, len(codebook.outputs)), np.bool_)
    answers = np.full((n, len(codebook.questions)), "", object)
    number = {question.name: i for i, question in enumerate(codebook.questions)}
    columns = {q.name: codebook.columns_of(q) for q in codebook.questions}
    for key, name, answer, shares in labels.select(
        "passage_id", "question", "answer", "soft"
    ).iter_rows():
        if key not in row_of or name not in number:
            continue
        row = row_of[key]
        answers[row, number[name]] = answer
        soft[row, columns[name]] = shares
        asked[row, columns[name]] = answer != "contested"
    return LabeledPassages(passages, soft, asked, answers)
