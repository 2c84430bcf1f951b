"""Between a request's rows and a classifier's answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from pipeline.codebook import STANCES, Codebook
from pipeline.errors import InputError
from pipeline.identity import BEFORE_LENGTH, OPENING_LENGTH, clean
from pipeline.models.classifier import Answers


def passages_of(columns: dict[str, list[Any]]) -> pl.DataFrame:
    """``text``, ``opening`` and ``before`` as passages have them; context not given is empty."""
    if "text" not in columns:
        raise InputError(f"a request needs a column 'text'; it has {', '.join(map(str, columns))}")
    rows = len(columns["text"])

    def cleaned(name: str, length: int | None) -> pl.Series:
        given = columns.get(name) or [None] * rows
        # A missing value of pandas is NaN, a float.
        texts = [clean(value)[:length] if isinstance(value, str) else "" for value in given]
        return pl.Series(name, texts, dtype=pl.String)

    return pl.DataFrame(
        [
            cleaned("text", None),
            cleaned("opening", OPENING_LENGTH),
            cleaned("before", BEFORE_LENGTH),
        ]
    )


def decision_columns(answers: Answers, codebook: Codebook) -> dict[str, list[Any]]:
    """``F``, ``F_p``, ``stance_T``, ``stance_T_p`` as the Scores table has them."""
    columns: dict[str, list[Any]] = {}
    for i, question in enumerate(codebook.questions):
        own = answers.probabilities[:, codebook.columns_of(question)].astype(np.float64)
        said = answers.decisions[:, i]
        code = question.rule.code
        if not question.is_stance:
            columns[code] = (said == "present").tolist()
            columns[f"{code}_p"] = own[:, 0].tolist()
            continue
        shown = own.max(axis=1, initial=0.0)
        for j, stance in enumerate(STANCES):
            shown = np.where(said == stance, own[:, j], shown)
        columns[f"stance_{code}"] = said.tolist()
        columns[f"stance_{code}_p"] = shown.tolist()
    return columns
