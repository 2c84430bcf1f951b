from __future__ import annotations

import hashlib
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.text.passage_id import clean, normalise, passage_id


def test_the_key_is_the_hash_of_version_text_opening_and_before() -> None:
    # By hand: version first, parts joined by U+001F, the first sixteen digits of SHA-256.
    content = "v1\x1fSecond paragraph.\x1fFirst paragraph.\x1f"
    expected = hashlib.sha256(content.encode()).hexdigest()[:16]
    assert passage_id("Second paragraph.", "First paragraph.") == expected


def test_ids_never_change() -> None:
    # From printf 'v1\x1fThe gate is open.\x1f\x1f' | sha256sum. Labels are keyed by these ids: any
    # change needs a new version of the normaliser and a migration.
    assert passage_id("The gate is open.") == "3da32d9da7ce09de"
    assert passage_id("Дождь идёт.", "Погода", "Вчера.") == "cb81602178ec21db"


def test_text_opening_and_before_are_distinguished() -> None:
    keys = {passage_id("a b"), passage_id("a", "b"), passage_id("a", "", "b"), passage_id("b", "a")}
    assert len(keys) == 4


def test_a_separator_within_a_text_is_not_taken_for_a_context() -> None:
    assert passage_id("a\x1fb") == passage_id("a b") != passage_id("a", "b")


def test_only_the_first_200_of_the_opening_and_300_before_count() -> None:
    assert passage_id("x", "o" * 200, "b" * 300) == passage_id("x", "o" * 201, "b" * 999)
    assert passage_id("x", "o" * 199) != passage_id("x", "o" * 200)
    assert passage_id("x", "", "b" * 299) != passage_id("x", "", "b" * 300)


def test_a_context_truncated_after_a_space_gives_the_same_id_as_the_full_one() -> None:
    opening = "a" * 199 + " and what follows"
    assert passage_id("x", opening) == passage_id("x", opening[:200]) == passage_id("x", "a" * 199)


def test_context_with_other_spacing_or_accents_gets_the_same_key() -> None:
    composed = "й" * 250
    assert passage_id("x", composed) == passage_id("x", unicodedata.normalize("NFD", composed))
    assert passage_id("x", "word " * 60) == passage_id("x", "word \n\u200b " * 60)


def test_cleaning_only_removes_invisible_characters_and_collapses_white_space() -> None:
    assert clean("\ufeff a\u00ad\u200bb \t\n\u00a0 c\u2028d ") == "ab c d"
    assert clean("«Ёлка» — 🇷🇺 №1!") == "«Ёлка» — 🇷🇺 №1!"


@given(st.text())
@example("e\u200d\u0301")  # an invisible character between a letter and its accent
@example("\u1100\u200b\u1161")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert normalise(clean(text)) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text(), st.text(), st.text())
def test_a_key_does_not_depend_on_cleaning_first(text: str, opening: str, before: str) -> None:
    key = passage_id(text, opening, before)
    assert key == passage_id(clean(text), clean(opening), clean(before))
    assert len(key) == 16
