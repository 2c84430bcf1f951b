"""A project of one's own in Spanish, from the empty folder to the report, by the commands alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.conftest import Rhetoric

pytestmark = pytest.mark.slow

CODEBOOK = """
version: "1.0"
title: El tiempo
unit: un párrafo
frames:
  - code: lluvia
    name: {es: Lluvia}
    definition: Se dice que llueve.
    present_when: [ha llovido o va a llover]
    not_when: [la lluvia es una figura retórica]
    cues: {es: [lluvi*, llov*]}
  - code: viento
    name: {es: Viento}
    definition: Se dice que sopla el viento.
    present_when: [sopla el viento]
    not_when: [se vende un ventilador]
"""
PLACES = ("el puerto", "la plaza", "la estación", "el museo", "el puente", "la capilla",
          "el mercado", "la cantera", "el parque", "la escuela")  # fmt: skip
KINDS = {
    "lluvia": "Una lluvia intensa cayó sobre {} desde la mañana hasta que cerraron por la noche.",
    "viento": "Un viento fuerte sopló en {} y nadie pudo cruzar hasta bien entrada la tarde.",
    "": "Abre a las nueve de la mañana y las visitas guiadas a {} empiezan a cada hora.",
}
TEXTS = {text.format(place): kind for place in PLACES for kind, text in KINDS.items()}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Rhetoric) -> Rhetoric:
    """``typed`` in a folder that `rhetoric init` made, with posts and a codebook in Spanish."""
    monkeypatch.chdir(tmp_path)
    assert typed("init", "tiempo")[0] == 0
    monkeypatch.chdir(tmp_path / "tiempo")
    Path("codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    posts = [
        {"id": f"p{i}", "channel": "diario", "date": f"2026-10-{i % 28 + 1:02d}", "text": text}
        for i, text in enumerate(TEXTS)
    ]
    lines = "".join(json.dumps(post, ensure_ascii=False) + "\n" for post in posts)
    Path("posts.jsonl").write_text(lines, encoding="utf-8")
    return typed


def fill(sheet: Path, coder: str) -> Path:
    """The sheet as the coder sends it back."""
    rows = list(csv.DictReader(sheet.read_text(encoding="utf-8-sig").splitlines()))
    for row in rows:
        for code in ("lluvia", "viento"):
            row[code] = "present" if TEXTS[row["text"]] == code else "absent"
        row["done"] = "yes"
    back = sheet.with_name(f"{coder}_back.csv")
    with back.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return back


def done(typed: Rhetoric, *argv: str) -> str:
    code, out, err = typed(*argv)
    assert code == 0, f"{argv}: {out}{err}"
    return out + err


def test_from_posts_to_a_report(project: Rhetoric) -> None:
    assert "El tiempo, version 1.0" in done(project, "codebook", "check")
    done(project, "annotate", "queue", "posts.jsonl", "-o", "queue.jsonl")
    page = ("annotate", "export", "--as", "page", "--coder", "ana", "-o", "ana.html")
    done(project, *page, "queue.jsonl")
    assert "Lluvia" in Path("ana.html").read_text(encoding="utf-8")
    sheet = ("annotate", "export", "--as", "sheet", "--coder", "ana", "-o", "ana.csv")
    done(project, *sheet, "queue.jsonl")
    back = fill(Path("ana.csv"), "ana")

    code, _, err = project("annotate", "import", str(back))
    assert code == 1
    assert "labels/coders.yaml: no entry for ana" in err
    Path("labels/coders.yaml").write_text("ana: {kind: person, description: x}\n", encoding="utf-8")
    imported = done(project, "annotate", "import", str(back))
    assert "30 added" in imported
    assert "labels/hydrated: 30 texts found in posts.jsonl" in imported

    checked = done(project, "labels", "check")
    assert f"labels in {Path.cwd() / 'labels'}, by codebook.yaml" in checked
    assert "30 lines of 1 coders, 0 passages without their text, 30 hydrated" in checked
    done(project, "annotate", "report", "-o", "agreement.html")

    done(project, "train", "model=tfidf", "tracking.enabled=false",
         "evaluate.bootstrap_samples=10", "model.sentences.share=0")  # fmt: skip
    scored = done(project, "score", "posts.jsonl", "-o", "scored", "tracking.enabled=false")
    assert "30 paragraphs scored" in scored
    done(project, "report", "scored")
    assert "Lluvia" in Path("scored/report.html").read_text(encoding="utf-8")


def test_without_labels_each_command_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Rhetoric
) -> None:
    monkeypatch.chdir(tmp_path)
    for argv in (["labels", "check"], ["annotate", "report", "-o", "x.html"]):
        code, _, err = typed(*argv)
        assert code == 1
        note, line = err.splitlines()
        assert f"no codebook.yaml or labels/codebook.yaml in {tmp_path}" in note
        assert f"labels/texts: no such folder in {tmp_path}" in line
        assert "`rhetoric init FOLDER`" in line


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["annotate", "queue", "-o", "q.jsonl"], "no texts in labels/texts and labels/hydrated of"),
        (["annotate", "export", "--as", "page", "--coder", "ana", "-o", "a.html"], "give FILES"),
        (["train", "model=tfidf"], "`rhetoric labels hydrate FILES`"),
    ],
)
def test_without_texts_each_command_says_what_to_do(
    argv: list[str], expected: str, project: Rhetoric
) -> None:
    code, _, err = project(*argv)
    assert code == 1
    assert expected in err
    assert str(Path.cwd()) in err
