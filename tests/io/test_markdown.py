import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.io import markdown


def test_numbers_are_right_aligned_and_null_is_a_dash() -> None:
    frame = pl.DataFrame({"part": ["a", "A|B"], "f1": [0.5, None]})
    assert markdown.table(frame).split("\n") == [
        "| part |   f1 |",
        "| ---- | ---: |",
        "| a    | 0.50 |",
        "| A\\|B |    – |",
    ]


@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=2), max_size=4))
def test_any_text_stays_in_its_cell(rows: list[list[str]]) -> None:
    lines = markdown.lines(["name", "n"], rows)
    assert len(lines) == 2 + len(rows)
    for line in lines:
        assert "\n" not in line
        assert line.replace("\\|", "").count("|") == 3


def test_a_long_table_says_how_many_rows_are_left_out() -> None:
    frame = pl.DataFrame({"n": range(35)})
    section = markdown.section("Numbers", frame)
    assert section.count("\n| ") == 30 + 2
    assert section.endswith("\n\nand 5 more\n")
