"""Rows of a request → passages."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.errors import InputError
from pipeline.text.languages import detect
from pipeline.text.passage_id import BEFORE_LENGTH, OPENING_LENGTH, clean


def passages_of(columns: dict[str, list[Any]]) -> pl.DataFrame:
    """A table with ``text``, ``opening``, ``before`` and ``language``; missing context is empty, a
    missing language is detected. Raises InputError without a ``text`` column."""
    if "text" not in columns:
        raise InputError(f"a request needs a column 'text'; it has {', '.join(map(str, columns))}")
    rows = len(columns["text"])

    def cleaned(name: str, length: int | None) -> pl.Series:
        given = columns.get(name) or [None] * rows
        # Missing values in pandas are NaN, a float.
        texts = [clean(value)[:length] if isinstance(value, str) else "" for value in given]
        return pl.Series(name, texts, dtype=pl.String)

    texts = cleaned("text", None)
    given = columns.get("language") or [None] * rows
    languages = [
        language if isinstance(language, str) and language else detected
        for language, detected in zip(given, detect(texts.to_list()), strict=True)
    ]
    return pl.DataFrame(
        [
            texts,
            cleaned("opening", OPENING_LENGTH),
            cleaned("before", BEFORE_LENGTH),
            pl.Series("language", languages, dtype=pl.String),
        ]
    )
