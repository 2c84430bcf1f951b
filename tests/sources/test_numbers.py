"""Ids, and those that a spreadsheet spoilt; values that say 'nothing here'."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.missing import is_missing
from pipeline.sources.numbers import id_of, is_number, message_number


@given(st.integers(0, 2**53 - 1))
def test_a_round_through_floats_keeps_every_number_that_a_float_can_hold(number: int) -> None:
    for written in (number, float(number), f"{number}", f"{number}.0", f" {number} "):
        if isinstance(written, str) and number >= 10**15 and number % 1000 == 0:
            continue  # may be rounded
        found = id_of(written)
        if isinstance(written, str) and written.endswith(".0") and number >= 10**16:
            assert found is None
        else:
            assert found is not None
            assert found.strip() == str(number)


@given(st.integers(10**9, 10**19), st.integers(2, 6))
def test_a_number_shown_with_few_digits_is_no_id(number: int, decimals: int) -> None:
    shown = f"{number:.{decimals}E}"
    if int(float(shown)) != number:
        assert id_of(shown) is None


@pytest.mark.parametrize(
    "spoilt", ["1.23E+18", "1,23E+18", "1790863533000000000", 1.2e18, float("inf"), "nan", None]
)
def test_what_a_spreadsheet_spoilt_is_no_id(spoilt: object) -> None:
    assert id_of(spoilt) is None
    assert message_number(spoilt) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [("harbour-12", "12"), ("https://t.me/harbour/77", "77"), (12, "12"), ("12.0", "12"),
     ("no number", None), ("-5", None), (True, None)],
)  # fmt: skip
def test_the_number_of_a_message_is_the_last_one_told(value: object, number: str | None) -> None:
    assert message_number(value) == number


def test_digits_of_other_scripts_are_no_numbers() -> None:
    assert is_number("12")
    assert not is_number("１２")


@given(st.text(" \t\n", max_size=3), st.sampled_from(["NaN", "none", "NULL", "nat", "N/A", "[]"]))
def test_missing_is_missing_in_every_dress(around: str, word: str) -> None:
    for written in (word, word.lower(), word.upper()):
        assert is_missing(around + written + around)


def test_words_and_zeros_are_values() -> None:
    values: list[object] = [0, False, "0", "na", "Nana", "none at all", [0]]
    nothing: list[object] = [None, math.nan, "", "NA", [], {}, " "]
    assert not any(map(is_missing, values))
    assert all(map(is_missing, nothing))
