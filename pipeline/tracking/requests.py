"""From a request's rows to passages."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.errors import InputError
from pipeline.identity import BEFORE_LENGTH, OPENING_LENGTH, clean


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
