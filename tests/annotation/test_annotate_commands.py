"""``rhetoric annotate`` as it is typed: out to a coder and back into ``labels/``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from selectolax.lexbor import LexborHTMLParser

pytestmark = pytest.mark.slow

CODEBOOK = Path(__file__).parents[2] / "labels" / "codebook.yaml"
Annotate = Callable[..., int]


@pytest.fixture
def annotate(typed_over: Annotate) -> Annotate:
    """The words after ``annotate``."""
    return partial(typed_over, "annotate")


def data_of(path: Path) -> dict[str, Any]:
    node = LexborHTMLParser(path.read_text(encoding="utf-8")).css_first("#data")
    assert node is not None
    found = json.loads(node.text())
    assert isinstance(found, dict)
    return found


def returned(path: Path, data: dict[str, Any], answer: str = "present") -> Path:
    """What the page would save after every passage was answered alike."""
    rows = [
        {"coder": data["coder"], "queue": data["queue"], "passage_id": passage[0], "asked": "all",
         "answers": {"integration": answer}, "codebook_version": data["version"],
         "coded_at": f"2026-11-24T10:05:0{i}Z", "source": "page"}
        for i, passage in enumerate(data["passages"])
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_out_and_back_and_nothing_is_asked_twice(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(3):
        labels.write_text(f"Passage number {i}")
    page = tmp_path / "anna (1).html"
    assert (
        annotate("export", "--as", "page", "--coder", "anna", "--limit", "2", "-o", str(page)) == 0
    )
    data = data_of(page)
    assert len(data["passages"]) == 2
    answers = returned(tmp_path / "anna.jsonl", data)
    assert annotate("import", str(answers)) == 0
    assert "2 added, 0 already known" in capsys.readouterr().out
    assert annotate("import", str(answers)) == 0
    assert "0 added, 2 already known" in capsys.readouterr().out
    assert annotate("export", "--as", "page", "--coder", "anna", "-o", str(page)) == 0
    left = {passage[0] for passage in data_of(page)["passages"]}
    assert len(left) == 1
    assert not left & {passage[0] for passage in data["passages"]}


def test_an_answer_that_differs_is_shown_and_taken_when_confirmed(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels.write_text("A passage")
    page = tmp_path / "anna.html"
    annotate("export", "--as", "page", "--coder", "anna", "-o", str(page))
    data = data_of(page)
    annotate("import", str(returned(tmp_path / "1.jsonl", data)))
    later = returned(tmp_path / "2.jsonl", data, "borderline")
    capsys.readouterr()
    assert annotate("import", str(later)) == 0
    out = capsys.readouterr().out
    assert "integration was present, is now borderline" in out
    assert "1 held back; import them with --supersede" in out
    assert annotate("import", str(later), "--supersede") == 0
    assert "1 superseded" in capsys.readouterr().out


def test_passages_of_any_collectors_file(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    posts = tmp_path / "posts.csv"
    words = "The two ministers spoke about trade and about the new railway for an hour."
    posts.write_text(f'id,text,channel\n1,"{words}",a\n2,"{words}",b\n', encoding="utf-8")
    page = tmp_path / "eva.html"
    assert annotate("export", "--as", "page", str(posts), "--coder", "eva", "-o", str(page)) == 0
    # The same words in two posts are one passage.
    assert [passage[1] for passage in data_of(page)["passages"]] == [words]
    assert annotate("import", str(page)) == 1
    assert "this is the annotation page" in capsys.readouterr().err
    back = returned(tmp_path / "eva.jsonl", data_of(page))
    # A coder nobody entered is refused with the line to add: every later command would refuse it.
    assert annotate("import", str(back)) == 1
    assert "eva: {kind: person, description: " in capsys.readouterr().err
    assert not (labels.annotations / "eva.jsonl").exists()
    labels.append(labels.coders, "eva: {kind: person, description: A student}")
    assert annotate("import", str(back)) == 0
    assert annotate("export", "--as", "page", str(posts), "--coder", "eva", "-o", str(page)) == 1
    assert "eva has already answered" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_sheet_goes_out_and_comes_back(
    annotate: Annotate,
    labels: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    ending: str,
) -> None:
    key = labels.write_text("=A passage that begins like a formula")
    path = tmp_path / f"anna (1).{ending}"
    assert annotate("export", "--as", "sheet", "--coder", "anna", "-o", str(path)) == 0
    assert "1 passages for anna" in capsys.readouterr().out
    assert annotate("import", str(path)) == 1
    assert "no row is marked as done" in capsys.readouterr().err
    for answer in ("present", "borderline"):
        fill(path, {"integration": answer, "done": "yes"})
        assert annotate("import", str(path)) == 0
    out = capsys.readouterr().out
    assert "1 added" in out
    assert f"{key}: integration was present, is now borderline" in out
    assert annotate("import", str(path), "--supersede") == 0
    assert annotate("import", str(path), "--supersede") == 0
    assert "0 added, 1 already known, 0 superseded" in capsys.readouterr().out


def fill(path: Path, values: dict[str, str]) -> None:
    """Type into the first row, as a coder would."""
    if path.suffix == ".csv":
        text = path.read_text("utf-8-sig")
        delimiter = ";" if "number;" in text else ","
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        for name, value in values.items():
            rows[1][rows[0].index(name)] = value
        out = io.StringIO()
        csv.writer(out, delimiter=";").writerows(rows)
        path.write_text(out.getvalue(), "utf-8-sig", newline="")
        return
    book = load_workbook(path)
    for cell in book["coding"][1]:
        if cell.value in values:
            book["coding"].cell(2, cell.column or 0).value = values[str(cell.value)]
    book.save(path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["export", "--as", "sheet", "-o", "x.csv"], "--coder is missing"),
        (["export", "--as", "sheet", "--coder", "anna"], "-o is missing"),
        (["export", "--as", "sheet", "--coder", "anna", "-o", "x.html"], ".xlsx or .csv"),
        (["export", "--coder", "anna", "-o", "x.html"], "--as is missing"),
        (
            ["export", "--as", "page", "--coder", "Anna B", "-o", "x.html"],
            "a pseudonym has only lower-case letters",
        ),
        (["import"], "a FILE is missing"),
    ],
)
def test_what_is_missing_is_said(
    words: list[str], message: str, annotate: Annotate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert annotate(*words) in (1, 2)
    assert message in capsys.readouterr().err


def test_shorthand_goes_out_and_comes_back(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = [labels.write_text(f"Passage number {i}") for i in range(2)]
    sheet, answers = tmp_path / "sheet (1).txt", tmp_path / "answers.txt"
    assert annotate("export", "--as", "shorthand", "--coder", "anna", "-o", str(sheet)) == 0
    assert "2 passages for anna" in capsys.readouterr().out
    answers.write_text("# done on Tuesday\n\n1 in\n2\n", encoding="utf-8")
    for beside in ([], ["--coder", "anna"], ["--sheet", str(sheet)]):
        assert annotate("import", str(answers), *beside) == 1
        assert "--coder NAME and --sheet FILE" in capsys.readouterr().err
    assert annotate("import", str(sheet), "--coder", "anna") == 1
    assert "this is the sheet" in capsys.readouterr().err
    words = ("import", str(answers), "--coder", "anna", "--sheet", str(sheet))
    assert annotate(*words) == 0
    assert "2 added" in capsys.readouterr().out
    assert (
        annotate("export", "--as", "page", "--coder", "anna", "-o", str(tmp_path / "a.html")) == 1
    )
    assert "anna has already answered" in capsys.readouterr().err
    # A coder nobody entered is refused, as by every other channel.
    unknown = ("import", str(answers), "--coder", "eva", "--sheet", str(sheet))
    assert annotate(*unknown) == 1
    assert "eva: {kind: person" in capsys.readouterr().err
    assert len(keys) == 2


def test_a_file_of_tasks_goes_to_label_studio_and_its_export_comes_back(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = labels.write_text("A passage for Label Studio")
    tasks = tmp_path / "tasks.json"
    assert annotate("export", "--as", "studio", "--coder", "anna", "-o", str(tasks)) == 0
    assert "1 tasks" in capsys.readouterr().out
    assert (tmp_path / "tasks.xml").read_text(encoding="utf-8").startswith("<View")
    exported = json.loads(tasks.read_text(encoding="utf-8"))
    assert [task["data"]["passage_id"] for task in exported] == [key]
    choice = {"choices": ["present"]}
    exported[0] |= {
        "id": 7,
        "annotations": [
            {"id": 1, "completed_by": 5, "created_at": "2026-11-24T10:00:00Z", "result": [
                {"from_name": "integration", "to_name": "Text", "type": "choices",
                 "value": choice}]}
        ],
    }  # fmt: skip
    back = tmp_path / "project-1.json"
    back.write_text(json.dumps(exported), encoding="utf-8")
    assert annotate("import", str(back)) == 1
    assert "user 5 has no pseudonym" in capsys.readouterr().err
    assert annotate("import", str(back), "--coder", "anna") == 0
    assert "1 added" in capsys.readouterr().out
    assert annotate("import", str(back), "--coder", "anna", "--sheet", str(tasks)) == 1
    assert "--sheet is only for answers in shorthand" in capsys.readouterr().err
