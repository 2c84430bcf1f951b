from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.channels.sheet import cells
from pipeline.annotation.channels.sheet.grids import letters

FRAME = ("present", "borderline", "absent", "cannot_say")
STANCE = ("against", "neutral", "favour", "absent", "cannot_say")


@given(st.text() | st.text(alphabet="'=+-@1.,/ e\t"))
def test_what_is_guarded_comes_back_and_is_no_formula(text: str) -> None:
    guarded = cells.guarded(text)
    assert cells.unguarded(guarded) == text
    assert guarded[:1] not in list("=+-@\t\r\n＝＋－＠")


@pytest.mark.parametrize("text", ["=1+1", "+7 495", "-5", "@who", "1.1", "10/12", "007", "12e5"])
def test_formulas_numbers_and_dates_are_guarded(text: str) -> None:
    assert cells.guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["", "It rains.", "'tis so", "1st of May", "'"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert cells.guarded(text) == text
    assert cells.unguarded(text) == text


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("present", "present"),
        (" Present ", "present"),
        ("“present”", "present"),
        ("PRESENT.", "present"),
        ("", "absent"),
        ("–", "absent"),
        ("'-", "absent"),
        ("can’t say", "cannot_say"),
        ("Cannot say", "cannot_say"),
        ("cannot-say", None),
        ("favour", None),
        ("yes", None),
        ("1", None),
    ],
)
def test_an_answer_is_read_whatever_its_dress(cell: str, answer: str | None) -> None:
    assert cells.answer(cell, FRAME) == answer


def test_american_autocorrection_knows_no_favour() -> None:
    assert cells.answer("Favor", STANCE) == "favour"


@pytest.mark.parametrize(
    ("cell", "done"),
    [("yes", True), ("X", True), ("ИСТИНА", True), ("True", True), ("1", True), ("да", True),
     ("", False), ("no", False), ("ЛОЖЬ", False), ("0", False), ("later", None)],
)  # fmt: skip
def test_done_is_understood_in_the_languages_of_spreadsheets(cell: str, done: bool | None) -> None:
    assert cells.is_done(cell) is done


@pytest.mark.parametrize(
    ("cell", "passage"),
    [
        ("p-0123456789abcdef", "0123456789abcdef"),
        ("P-0123456789ABCDEF", "0123456789abcdef"),
        ("123456789012345", "0123456789012345"),  # a stripped zero
        ("1.23456789012346E+15", None),
        ("01234567890123456", None),
        ("", None),
        ("passage 5", None),
    ],
)
def test_zeros_that_a_spreadsheet_strips_are_put_back(cell: str, passage: str | None) -> None:
    assert cells.passage_id(cell) == passage


def test_lost_signs_leave_a_passage_the_same_and_another_passage_is_another() -> None:
    assert cells.same_words("It rains ? on “old” roofs", 'It rains ☔ on "old" roofs')
    assert not cells.same_words("It rains on old roofs", "The ministers met in Vienna")


def test_columns_are_lettered_as_in_a_spreadsheet() -> None:
    assert [letters(i) for i in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
