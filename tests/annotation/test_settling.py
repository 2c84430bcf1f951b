"""From two coders who differ to a label: the lead's page, and what its answers do."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline import codebook as codebooks
from pipeline.annotation import store
from pipeline.annotation.adjudication import majority
from tests.annotation.test_annotate_commands import data_of

CODEBOOK = Path(__file__).parents[2] / "labels" / "codebook.yaml"
Annotate = Callable[..., int]


@pytest.fixture
def annotate(typed_over: Annotate) -> Annotate:
    """The words after ``annotate``."""
    return partial(typed_over, "annotate")


def disputed(labels: Any) -> tuple[str, str]:
    """A passage on which anna and boris differ twice, and one on which they agree."""
    split, agreed = labels.write_text("Two ministers met."), labels.write_text("A museum opened.")
    one = {"integration": "present", "stance:russia": "neutral", "multipolarity": "present"}
    other = {"integration": "absent", "stance:russia": "favour", "multipolarity": "present"}
    labels.write_answers("anna", split, one, codebook_version="1.1", note="a pledge",
                         evidence={"integration": "ministers met"})  # fmt: skip
    labels.write_answers("boris", split, other, codebook_version="1.1")
    for coder in ("anna", "boris"):
        labels.write_answers(coder, agreed, {}, codebook_version="1.1")
    return split, agreed


@pytest.mark.slow
def test_the_lead_sees_what_coders_said_and_settles_it(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    split, _ = disputed(labels)
    page = tmp_path / "lead.html"
    assert annotate("adjudicate", "--coder", "lead", "-o", str(page)) == 0
    assert "2 open questions on 1 passages for lead" in capsys.readouterr().out
    data = data_of(page)
    (passage,) = data["passages"]
    names = [data["questions"][i]["name"] for i in passage[5]]
    assert names == ["integration", "stance:russia"]
    place = dict(zip(names, passage[5], strict=True))
    assert passage[6] == [
        [place["integration"], "anna", "present", "ministers met", "a pledge"],
        [place["stance:russia"], "anna", "neutral", "", "a pledge"],
        [place["integration"], "boris", "absent", "", ""],
        [place["stance:russia"], "boris", "favour", "", ""],
    ]
    assert data["practice"] == []
    row = {"coder": "lead", "queue": data["queue"], "passage_id": split, "asked": names,
           "answers": {"integration": "borderline", "stance:russia": "favour"},
           "codebook_version": data["version"], "coded_at": "2026-11-24T10:00:00Z",
           "source": f"{data['source']} {data['queue']}"}  # fmt: skip
    (tmp_path / "lead.jsonl").write_text(json.dumps(row))
    labels.append(labels.coders, "lead: {kind: person, description: Settles.}")
    assert annotate("import", str(tmp_path / "lead.jsonl")) == 0
    book = codebooks.load(CODEBOOK)
    table = store.read(
        texts=labels.texts, annotations=labels.annotations, coders=labels.coders, codebook=book
    )
    decided = majority(table, book).filter(passage_id=split)
    found = dict(decided.select("question", "answer").iter_rows())
    assert (found["integration"], found["stance:russia"]) == ("borderline", "favour")
    assert annotate("adjudicate", "--coder", "lead", "-o", str(page)) == 1
    assert "no contested questions that lead can settle" in capsys.readouterr().err


def test_a_coder_does_not_settle_their_own_dispute(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disputed(labels)
    assert annotate("adjudicate", "--coder", "anna", "-o", str(tmp_path / "x.html")) == 1
    out = capsys.readouterr()
    assert "2 questions left out: anna answered them as a coder" in out.out
    assert "no contested questions that anna can settle" in out.err


@pytest.mark.slow
def test_the_leads_queue_makes_the_same_page_and_no_sheet(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disputed(labels)
    queue, straight, page = (tmp_path / name for name in ("q.jsonl", "a.html", "b.html"))
    assert annotate("adjudicate", "--coder", "lead", "-o", str(queue)) == 0
    assert annotate("adjudicate", "--coder", "lead", "-o", str(straight)) == 0
    assert annotate("export", "--as", "page", str(queue), "--coder", "lead", "-o", str(page)) == 0
    assert page.read_text() == straight.read_text()
    assert (
        annotate(
            "export", "--as", "sheet", str(queue), "--coder", "lead", "-o", str(tmp_path / "s.csv")
        )
        == 1
    )
    assert "only be exported as a page" in capsys.readouterr().err


def test_an_ordinary_page_shows_nobody_elses_answers(
    annotate: Annotate, labels: Any, tmp_path: Path
) -> None:
    disputed(labels)
    page = tmp_path / "c.html"
    assert annotate("export", "--as", "page", "--coder", "carl", "--open", "-o", str(page)) == 0
    assert "a pledge" not in page.read_text()
    assert 'class="said"' not in page.read_text()
