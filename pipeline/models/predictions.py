"""Predictions of a classifier: probabilities, decisions, and their columns in a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.codebook import STANCES, Codebook
from pipeline.models.base import Matrix


@dataclass(frozen=True)
class Predictions:
    """Predictions for n passages.

    Attributes:
        probabilities: ``(n, outputs)`` float32, calibrated.
        decisions: ``(n, questions)`` of str: present or absent; against, neutral, favour, absent.
    """

    probabilities: Matrix
    decisions: NDArray[np.object_]


def decide(
    probabilities: Matrix, thresholds: NDArray[np.float64], codebook: Codebook
) -> NDArray[np.object_]:
    """``(n, questions)``: a frame is present if it reaches its threshold; a target has the most
    probable stance that reaches its threshold (ties: the first of against, neutral, favour), else
    absent."""
    reached = probabilities >= thresholds
    decisions = np.full((len(probabilities), len(codebook.questions)), "absent", object)
    for i, question in enumerate(codebook.questions):
        columns = codebook.columns_of(question)
        if question.is_stance:
            candidates = np.where(reached[:, columns], probabilities[:, columns], -1.0)
            best = candidates.argmax(axis=1)
            predicted = reached[:, columns].any(axis=1)
            decisions[predicted, i] = np.array(STANCES, object)[best[predicted]]
        else:
            decisions[reached[:, columns[0]], i] = "present"
    return decisions


def columns(answers: Predictions, codebook: Codebook) -> dict[str, pl.Series]:
    """``F`` and ``F_p`` per frame, then ``stance_T`` and ``stance_T_p`` per target, n rows each.

    ``stance_T_p`` is the probability of the decided stance; for ``absent`` the largest of three.
    """
    found: dict[str, pl.Series] = {}
    for i, question in enumerate(codebook.questions):
        own = answers.probabilities[:, codebook.columns_of(question)]
        predicted = answers.decisions[:, i]
        code = question.rule.code
        if not question.is_stance:
            found[code] = pl.Series((predicted == "present").tolist(), dtype=pl.Boolean)
            found[f"{code}_p"] = pl.Series(own[:, 0], dtype=pl.Float32)
            continue
        shown = own.max(axis=1, initial=0.0)
        for j, stance in enumerate(STANCES):
            shown = np.where(predicted == stance, own[:, j], shown)
        found[f"stance_{code}"] = pl.Series(predicted.tolist(), dtype=pl.String)
        found[f"stance_{code}_p"] = pl.Series(shown, dtype=pl.Float32)
    return found
