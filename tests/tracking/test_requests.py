from __future__ import annotations

import pytest

from pipeline.errors import InputError
from pipeline.tracking.requests import passages_of


def test_missing_context_is_empty_and_given_text_is_cleaned_and_truncated() -> None:
    rows = passages_of(
        {"text": [" a\u200b  b ", "c"], "opening": ["x" * 250, None], "post_id": [1, 2]}
    )
    assert rows.to_dict(as_series=False) == {
        "text": ["a b", "c"],
        "opening": ["x" * 200, ""],
        "before": ["", ""],
        "language": ["und", "und"],
    }
    assert passages_of({"text": ["a"], "before": [float("nan")]})["before"].to_list() == [""]


def test_a_missing_language_is_detected() -> None:
    texts = [
        "The ministers discussed trade and agreed to meet again.",
        "Министры обсудили торговлю.",
    ]
    assert passages_of({"text": texts})["language"].to_list() == ["en", "ru"]
    assert passages_of({"text": texts, "language": ["uk", None]})["language"].to_list() == [
        "uk",
        "ru",
    ]


def test_a_request_without_text_is_refused() -> None:
    with pytest.raises(InputError, match="needs a column 'text'; it has message"):
        passages_of({"message": ["x"]})
