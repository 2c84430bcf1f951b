from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.sentences import Span, sentences


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["Mr. Hale met the U.S. envoy at 5 p.m. today.", "He said: “No. Never.”", "Fine!"]),
        ("ru", ["С. В. Орлов прибыл в 2024 г. в г. Минск.", "«Нет. Никогда», — сказал он.", "Да…"]),
        ("und", ["Hello there.", "Добрый день."]),
        ("", ["One here.", "Two there."]),
    ],
)
def test_sentence_ends_are_distinguished_from_abbreviations(
    language: str, parts: list[str]
) -> None:
    text = " ".join(parts)
    assert [text[s.start : s.end] for s in sentences(text, language)] == parts


def test_a_row_of_symbols_is_not_a_sentence() -> None:
    assert sentences("🇷🇺 🇧🇾", "ru") == []
    assert sentences("", "en") == []
    assert sentences("... First one. ***", "en") == [Span(4, 14)]


def test_white_space_that_makes_sentencex_panic_is_handled() -> None:
    # sentencex 1.0.32 panics on a multi-byte space between a single capital and a full stop.
    text = "Point A\x85. So it is. Point A\u3000. Fine."
    assert [text[s.start : s.end] for s in sentences(text, "en")][-1].endswith("Fine.")


@given(text=st.text(max_size=200), language=st.sampled_from(["en", "ru", "und", "ar", "zh"]))
def test_sentences_are_in_order_and_leave_out_no_letter(text: str, language: str) -> None:
    spans = sentences(text, language)
    inside: set[int] = set()
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        inside.update(range(span.start, span.end))
        end = span.end
    assert all(i in inside for i, character in enumerate(text) if character.isalnum())
