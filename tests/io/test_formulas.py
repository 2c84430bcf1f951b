"""No exported table contains a formula that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from pipeline.annotation.channels.sheet import cells, workbook
from pipeline.io.formulas import FORMULA, guarded, is_formula
from pipeline.report import exports

BEGINNINGS = "=+-@\t\r\n＝＋－＠"
ANY = st.text() | st.builds(str.__add__, st.sampled_from(BEGINNINGS), st.text())


@pytest.mark.parametrize("first", BEGINNINGS)
def test_every_kind_of_formula_is_guarded_in_every_table(first: str) -> None:
    text = f"{first}cmd|x"
    assert guarded(text) == cells.guarded(text) == f"'{text}"
    [[cell]] = csv.reader(io.StringIO(exports._csv([(text,)]), newline=""))
    assert cell in (f"'{text}", "cmd|x")  # the report leaves control characters out
    assert workbook._text(Workbook(write_only=True).create_sheet(), text).quotePrefix


@given(ANY)
def test_a_guarded_cell_keeps_its_text_and_is_not_a_formula(text: str) -> None:
    assert not is_formula(guarded(text))
    assert guarded(text).removeprefix("'") == text.removeprefix("'")
    assert not is_formula(str(exports._cell(text)))
    assert not is_formula(cells.guarded(text))


@given(st.lists(ANY, min_size=1))
def test_polars_and_python_give_the_pattern_the_same_meaning(texts: list[str]) -> None:
    column = pl.Series([text.encode("utf-8", "replace").decode() for text in texts])
    assert column.str.contains(FORMULA).to_list() == [is_formula(text) for text in column]
