from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scoring.evidence import NOWHERE, find
from pipeline.scoring.sentences import Span, sentences

TWO = [Span(0, 4), Span(5, 9)]


def test_the_likeliest_sentence_is_marked_for_each_present_frame() -> None:
    # Two passages of two sentences, two frames; frame 1 of the second passage is absent.
    present = np.array([[True, True], [True, False]])
    likely = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.1], [0.3, 0.9]], np.float32)
    found = find(present, [TWO, TWO], likely)
    assert found.start.tolist() == [[5, 0], [0, NOWHERE]]
    assert found.end.tolist() == [[9, 4], [4, NOWHERE]]


def test_of_equally_likely_sentences_the_first_is_marked() -> None:
    found = find(np.array([[True]]), [TWO], np.full((2, 1), 0.4, np.float32))
    assert (found.start[0, 0], found.end[0, 0]) == (0, 4)


def test_a_passage_of_one_sentence_or_none_has_none_marked() -> None:
    present = np.ones((3, 1), np.bool_)
    likely = np.array([[0.9], [0.2], [0.3]], np.float32)
    found = find(present, [[Span(0, 3)], [], TWO], likely)
    assert found.start.tolist() == [[NOWHERE], [NOWHERE], [5]]


def test_rows_that_do_not_belong_to_the_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="3 rows of probabilities for 2 sentences"):
        find(np.array([[True]]), [TWO], np.zeros((3, 1), np.float32))


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["Mr. Hale met the U.S. envoy at 5 p.m. today.", "He said: “No. Never.”", "Fine!"]),
        ("ru", ["С. В. Орлов прибыл в 2024 г. в г. Минск.", "«Нет. Никогда», — сказал он.", "Да…"]),
        ("und", ["Hello there.", "Добрый день."]),
        ("", ["One here.", "Two there."]),
    ],
)
def test_sentences_are_told_from_abbreviations(language: str, parts: list[str]) -> None:
    text = " ".join(parts)
    assert [text[s.start : s.end] for s in sentences(text, language)] == parts


def test_a_row_of_signs_is_no_sentence() -> None:
    assert sentences("🇷🇺 🇧🇾", "ru") == []
    assert sentences("", "en") == []
    assert sentences("... First one. ***", "en") == [Span(4, 14)]


def test_white_space_that_stops_the_splitter_elsewhere_is_harmless() -> None:
    # sentencex 1.0.32 panics on a multi-byte space between a single capital and a full stop.
    text = "Point A\x85. So it is. Point A\u3000. Fine."
    assert [text[s.start : s.end] for s in sentences(text, "en")][-1].endswith("Fine.")


@given(text=st.text(max_size=200), language=st.sampled_from(["en", "ru", "und", "ar", "zh"]))
def test_sentences_stand_in_order_and_leave_no_letter_out(text: str, language: str) -> None:
    spans = sentences(text, language)
    inside: set[int] = set()
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        inside.update(range(span.start, span.end))
        end = span.end
    assert all(i in inside for i, character in enumerate(text) if character.isalnum())
