from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.channels.studio.spans import marked, units

TEXT = "😀😀 It rains on the “old” town, it rains."


def span(start: Any, end: Any, text: Any = None) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text, "labels": ["rain"]}


# Two emoji are 2 code points and 4 UTF-16 units; "It rains" begins at 3 or at 5.
@pytest.mark.parametrize("start", [3, 5])
def test_offsets_may_be_code_points_or_utf_16(start: int) -> None:
    assert marked(span(start, start + 8, "It rains"), TEXT) == "It rains"


def test_without_quoted_words_a_span_counts_where_both_ways_of_counting_agree() -> None:
    assert marked(span(0, 8), "It rains 😀") == "It rains"
    assert marked(span(5, 13), TEXT) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (span(0, 3, 'the "old" town'), "the “old” town"),  # offsets of another version of the text
        (span("x", None, "it  rains."), "it rains."),
        (span(5, 13, "It snows"), None),
        (span(13, 5), None),
        (span(-8, -1), None),
        (span(True, 5), None),
        (span(500, 600), None),
        ({}, None),
    ],
)
def test_words_are_looked_for_and_what_is_not_there_is_not_taken(
    value: dict[str, Any], found: str | None
) -> None:
    assert marked(value, TEXT) == found


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.data())
def test_a_browsers_offsets_give_what_the_browser_marked(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))

    def in_units(point: int) -> int:
        return len(text[:point].encode("utf-16-le")) // 2

    assert units(text, in_units(start), in_units(end)) == text[start:end]
