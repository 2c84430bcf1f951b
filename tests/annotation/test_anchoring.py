from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.anchoring import anchored
from pipeline.text.passage_id import normalise


@pytest.mark.parametrize(
    ("words", "text", "stretch"),
    [
        ("two words", "There are two words here.", "two words"),
        ("two  WORDS", "There are Two words here.", "Two words"),
        ('"so-called" order', "Their “so‑called” order ends.", "“so‑called” order"),
        ("don't", "We don’t agree.", "don’t"),
        ("еще раз", "Мы ещё раз сказали.", "ещё раз"),
        ("cafe\u0301s", "Two caf\u00e9s closed.", "caf\u00e9s"),
        ("a\u202eb", "Say ab now.", "ab"),
        # One character that folds into several: the stretch takes it whole.
        ("strasse 3", "In der Straße 3 wohnt er.", "Straße 3"),
    ],
)
def test_words_are_found_whatever_a_mail_program_did_to_them(
    words: str, text: str, stretch: str
) -> None:
    assert anchored(words, text) == stretch


@pytest.mark.parametrize("words", ["three words", "", " \u200b "])
def test_words_that_the_passage_does_not_say_have_no_place(words: str) -> None:
    assert anchored(words, "There are two words here.") is None


@given(st.text(), st.data())
def test_every_stretch_of_a_text_finds_itself(text: str, data: st.DataObject) -> None:
    passage = normalise(text)
    start = data.draw(st.integers(0, len(passage)))
    words = normalise(passage[start : data.draw(st.integers(start, len(passage)))])
    if not words:
        return
    stretch = anchored(words, text)
    assert stretch is not None
    assert stretch in passage
    # It says the same again, so that finding is at rest.
    assert anchored(stretch, text) == stretch
