from __future__ import annotations

import csv
import json
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from pipeline.scoring import ScoreSummary, exports, workbook

pytestmark = pytest.mark.slow

Score = Callable[..., ScoreSummary]
Write = Callable[[Path, Iterable[Mapping[str, object]]], Path]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("range_rows", [1, 3, 1000])
def test_exports_hold_every_row_by_channel_time_and_position(
    score: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, range_rows: int
) -> None:
    monkeypatch.setattr(exports, "RANGE_ROWS", range_rows)
    score(tmp_path / "out", formats=["csv", "jsonl"], shard_passages=2)
    scores = pl.read_parquet(tmp_path / "out" / "scores" / "*.parquet")
    # Message numbers have one digit here, so plain sorting of the names is right.
    expected = scores.sort("channel", "published", "post_id", "position")
    rows = rows_of(tmp_path / "out" / "scores.csv")
    assert [row["paragraph_id"] for row in rows] == expected["paragraph_id"].to_list()
    assert list(rows[0]) == scores.columns
    lines = (tmp_path / "out" / "scores.jsonl").read_text(encoding="utf-8").splitlines()
    values = [json.loads(line) for line in lines]
    assert [value["text"] for value in values] == expected["text"].to_list()
    assert [value["orbit"] for value in values] == expected["orbit"].to_list()
    assert values[0]["published"].endswith("T10:00:00Z")


def test_message_nine_stands_before_message_ten(score: Score, write: Write, tmp_path: Path) -> None:
    text = "Words enough to be kept as a paragraph, number {}."
    file = write(
        tmp_path / "many.jsonl", [{"id": f"c/{n}", "text": text.format(n)} for n in (10, 9, 100)]
    )
    score(tmp_path / "out", file, formats=["csv"])
    ids = [row["post_id"] for row in rows_of(tmp_path / "out" / "scores.csv")]
    assert ids == ["c/9", "c/10", "c/100"]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "＝"])
def test_a_cell_that_looks_like_a_formula_gets_an_apostrophe_and_is_counted(
    score: Score, write: Write, tmp_path: Path, first: str
) -> None:
    text = f'{first}HYPERLINK("http://x.example"; "the tide") and more words'
    file = write(
        tmp_path / "hostile.jsonl", [{"id": "c/1", "forwarded_from": f"{first}c", "text": text}]
    )
    summary = score(tmp_path / "out", file, formats=["csv", "jsonl"])
    row = rows_of(tmp_path / "out" / "scores.csv")[0]
    assert (row["text"], row["forwarded_from"]) == ("'" + text, f"'{first}c")
    # Text and origin, and the text again as the evidence of each frame found in it.
    present = [column for column in row if column.startswith("evidence_") and row[column]]
    texts = {row[column] for column in present if not column.endswith(("_start", "_end"))}
    assert texts <= {"'" + text}
    assert summary.neutralised == 2 + len(present) // 3
    # Scripts get the text as it is.
    line = (tmp_path / "out" / "scores.jsonl").read_text(encoding="utf-8")
    assert json.loads(line)["text"] == text


def test_quotes_and_line_ends_do_not_break_the_csv(
    score: Score, write: Write, tmp_path: Path
) -> None:
    texts = [
        'He said "tide, tide" and left; 1,5 metres it was.',
        "Тихо. «Прилив», сказал он, 'и всё'.",
    ]
    posts = [{"id": f"c/{n}", "text": text} for n, text in enumerate(texts)]
    score(tmp_path / "out", write(tmp_path / "q.jsonl", posts), formats=["csv"])
    assert [row["text"] for row in rows_of(tmp_path / "out" / "scores.csv")] == texts


def test_an_export_can_be_asked_for_when_the_scores_are_long_finished(
    score: Score, tmp_path: Path
) -> None:
    score(tmp_path / "out")
    assert not (tmp_path / "out" / "scores.csv").exists()
    summary = score(tmp_path / "out", formats=["csv"])
    assert summary.reused_shards == summary.shards
    assert len(rows_of(tmp_path / "out" / "scores.csv")) == summary.kept


def cells_of(path: Path) -> list[dict[str, Any]]:
    """The rows of the table in the workbook, over all its sheets, as a spreadsheet reads them."""
    found: list[dict[str, Any]] = []
    for sheet in load_workbook(path).worksheets:
        if not sheet.title.startswith("scores"):
            continue
        heading, *rows = sheet.iter_rows()
        names = [str(cell.value) for cell in heading]
        found += [dict(zip(names, row, strict=True)) for row in rows]
    return found


def test_a_workbook_says_what_the_csv_says(score: Score, tmp_path: Path) -> None:
    score(tmp_path / "out", formats=["csv", "xlsx"])
    rows = rows_of(tmp_path / "out" / "scores.csv")
    cells = cells_of(tmp_path / "out" / "scores.xlsx")
    assert [row["paragraph_id"].value for row in cells] == [row["paragraph_id"] for row in rows]
    assert [str(row["orbit"].value).lower() for row in cells] == [row["orbit"] for row in rows]
    # A posts' text begins with =SUM(…, which the CSV has behind an apostrophe.
    assert [row["text"].value for row in cells] == [row["text"].removeprefix("'") for row in rows]
    assert isinstance(cells[0]["orbit_p"].value, int | float)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "＝", "#N/A "])
def test_no_cell_of_a_workbook_is_a_formula(
    score: Score, write: Write, tmp_path: Path, first: str
) -> None:
    text = f'{first}HYPERLINK("http://x.example"; "the tide") and more words'
    file = write(tmp_path / "hostile.jsonl", [{"id": "c/1", "forwarded_from": text, "text": text}])
    summary = score(tmp_path / "out", file, formats=["xlsx", "csv"])
    (row,) = cells_of(tmp_path / "out" / "scores.xlsx")
    assert row["text"].value == text
    assert {cell.data_type for cell in row.values()} <= {"s", "n", "b"}
    assert row["text"].quotePrefix
    if first != "#N/A ":
        # Text, origin and evidence; in both forms the same ones.
        assert summary.neutralised >= 2
        assert f"{summary.neutralised} cells looked like formulas" in str(summary)
    with zipfile.ZipFile(tmp_path / "out" / "scores.xlsx") as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len(sheets) == 3
        assert all(b"<f>" not in parts.read(name) for name in sheets)


def test_what_a_workbook_cannot_hold_is_left_out_and_said(
    score: Score, write: Write, tmp_path: Path
) -> None:
    long = "tide " * 7000  # 35,000 characters; a cell holds 32,767
    odd = "A bell \x07 and a NUL \x00 in a text about the tide, and words."
    file = write(tmp_path / "o.jsonl", [{"id": "c/1", "text": long}, {"id": "c/2", "text": odd}])
    summary = score(tmp_path / "out", file, formats=["xlsx"], evidence=False)
    first, second = cells_of(tmp_path / "out" / "scores.xlsx")
    assert len(first["text"].value) == 32_767
    assert summary.shortened == 1
    assert "1 cells exceed the length limit of spreadsheets" in str(summary)
    assert "\x07" not in second["text"].value


def test_more_rows_than_a_sheet_holds_go_on_in_another(
    score: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 4)
    summary = score(tmp_path / "out", formats=["xlsx"])
    book = load_workbook(tmp_path / "out" / "scores.xlsx")
    # 8 paragraphs, 3 below each heading.
    rows = [(s.title, s.max_row) for s in book if s.title.startswith("scores")]
    assert rows == [("scores", 4), ("scores 2", 4), ("scores 3", 3)]
    assert len(cells_of(tmp_path / "out" / "scores.xlsx")) == summary.kept


def test_a_workbook_is_the_same_bytes_at_another_time(score: Score, tmp_path: Path) -> None:
    files = []
    for name in ("one", "two"):
        score(tmp_path / name, formats=["xlsx"])
        files.append((tmp_path / name / "scores.xlsx").read_bytes())
        time.sleep(1.1)  # openpyxl writes the time in seconds
    assert files[0] == files[1]


def test_the_first_sheet_is_for_reading(score: Score, write: Write, tmp_path: Path) -> None:
    post = {
        "id": "c/1", "channel": "harbour", "date": "2024-03-05T14:30:00Z",
        "url": "https://t.me/harbour/1", "text": "The tide is rising, and the harbour will close.",
    }  # fmt: skip
    odd = {"id": "c/2", "url": "javascript:alert(1)", "text": "=1+1 is a sum about the tide here."}
    score(tmp_path / "out", write(tmp_path / "r.jsonl", [post, odd]), formats=["xlsx"])
    book = load_workbook(tmp_path / "out" / "scores.xlsx")
    assert book.sheetnames == ["Reading", "scores", "Legend"]
    sheet = book["Reading"]
    heading, *rows = sheet.iter_rows()
    assert [c.value for c in heading] == ["Date", "Channel", "Link", "Text", "Frames", "Stances"]
    first = next(row for row in rows if row[1].value == "harbour")
    assert first[0].value == datetime(2024, 3, 5, 14, 30)
    assert first[2].hyperlink is not None
    assert first[2].hyperlink.target == "https://t.me/harbour/1"
    assert first[3].alignment.wrap_text
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F3")
    other = next(row for row in rows if row[1].value != "harbour")
    assert other[2].hyperlink is None
    assert (other[3].data_type, other[3].quotePrefix) == ("s", True)


def test_the_legend_has_a_meaning_for_every_column(score: Score, tmp_path: Path) -> None:
    score(tmp_path / "out", formats=["xlsx"])
    book = load_workbook(tmp_path / "out" / "scores.xlsx")
    columns = [cell.value for cell in next(book["scores"].iter_rows())]
    lines = list(book["Legend"].iter_rows(min_row=2, values_only=True))
    assert [line[0] for line in lines] == columns
    assert all(line[2] for line in lines)
