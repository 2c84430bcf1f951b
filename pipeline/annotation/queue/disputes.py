"""Scores the disagreement of coders and models about passages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.annotation.adjudication import CONTESTED
from pipeline.annotation.queue.candidates import Floats
from pipeline.codebook import Codebook

# Difference of probabilities from which on two models, or a model and the coders, disagree.
APART = 0.6


def disputes(
    ids: Sequence[str], models: Sequence[Floats], labels: pl.DataFrame, codebook: Codebook
) -> Floats:
    """``(n,)``: the number of contested questions, plus the largest difference of a passage.

    ``models`` are ``(n, questions)`` arrays. Differences of at least :data:`APART` count, between
    the first model and another, or between the first model and the share of coders. A difference is
    at most 1, so it counts no more than a contested question.
    """
    row_of = {key: row for row, key in enumerate(ids)}
    place = {question.name: i for i, question in enumerate(codebook.questions)}
    coders = np.full((len(ids), len(place)), np.nan)
    contested = np.zeros(len(ids))
    for key, name, answer, soft in labels.select(
        "passage_id", "question", "answer", "soft"
    ).iter_rows():
        if key not in row_of or name not in place:
            continue
        if answer == CONTESTED:
            contested[row_of[key]] += 1
        else:
            coders[row_of[key], place[name]] = sum(soft)
    apart = np.zeros(len(ids))
    if models:
        first = models[0]
        for other in [coders, *models[1:]]:
            difference = np.nan_to_num(np.abs(first - other)).max(axis=1, initial=0.0)
            apart = np.maximum(apart, np.where(difference >= APART, difference, 0.0))
    found: Floats = contested + np.clip(apart, 0.0, 1.0)
    return found
