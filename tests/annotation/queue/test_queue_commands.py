"""``rhetoric annotate queue`` as it is typed, and the page that takes its queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import codebook as codebooks
from pipeline.annotation.queue import queue_file, sample
from pipeline.cli import boundary
from pipeline.models.calibration import Calibration
from pipeline.models.classifier import Classifier
from pipeline.models.linear.lexicon import lexicon
from tests.annotation.test_annotate_commands import data_of, returned

pytestmark = pytest.mark.slow

CODEBOOK = Path(__file__).parents[3] / "labels" / "codebook.yaml"
Annotate = Callable[..., int]


@pytest.fixture
def annotate(labels: Any, tmp_path: Path) -> Annotate:
    def run(*words: str, codebook: Path = CODEBOOK) -> int:
        settings = [
            f"label.texts={labels.texts}", f"label.annotations={labels.annotations}",
            f"label.coders={labels.coders}", f"label.hydrated={tmp_path / 'own'}",
            f"codebook={codebook}",
        ]  # fmt: skip
        if words[0] == "queue":
            settings.append(f"queue.samples={tmp_path / 'samples'}")
        return boundary.run(["annotate", *words, *settings])

    return run


def passages(labels: Any, n: int = 30) -> list[str]:
    """Passages of which every third speaks of BRICS; no two are alike."""
    subject = ["Our partnership with BRICS grows", "The museum opens", "A ship came in"]
    return [
        labels.write_text(f"{subject[i % 3]}: {' '.join(f'w{i}x{k}' for k in range(9))}")
        for i in range(n)
    ]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_from_the_queue_to_the_page_and_on_to_the_next_queue(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passages(labels)
    queue, page = tmp_path / "first.jsonl", tmp_path / "anna.html"
    assert annotate("queue", "--coder", "anna", "--limit", "10", "-o", str(queue)) == 0
    assert "10 of 30 passages (" in capsys.readouterr().out
    first = rows(queue)
    assert {row["reason"] for row in first} == {"sample", "scarce", "uncertain"}
    assert [r["inclusion"] for r in first if r["reason"] == "sample"] == [0.1, 0.1, 0.1]
    assert all("BRICS" in row["text"] for row in first if row["reason"] == "scarce")
    assert annotate("export", "--as", "page", str(queue), "--coder", "anna", "-o", str(page)) == 0
    data = data_of(page)
    assert {p[0] for p in data["passages"]} == {row["passage_id"] for row in first}
    # Why a passage was chosen is not told to the coder.
    assert "scarce" not in json.dumps(data["passages"])
    assert annotate("import", str(returned(tmp_path / "a.jsonl", data))) == 0
    assert annotate("export", "--as", "page", str(queue), "--coder", "anna", "-o", str(page)) == 1
    again = tmp_path / "second.jsonl"
    assert annotate("queue", "--coder", "anna", "--limit", "30", "-o", str(again)) == 0
    assert not {r["passage_id"] for r in rows(again)} & {r["passage_id"] for r in first}
    # What anna had done is certain to be in her second sample, which adds up to the population.
    drawn = sample.read(tmp_path / "samples" / "second.json")
    assert sum(1 / p for p in drawn.inclusion.values()) == pytest.approx(30)
    assert {key for key, p in drawn.inclusion.items() if p == 1} == {r["passage_id"] for r in first}


def test_the_same_command_writes_the_same_queue(annotate: Annotate, labels: Any) -> None:
    passages(labels)
    one, two = labels.texts.parent / "q1.jsonl", labels.texts.parent / "q2.jsonl"
    for path in (one, two):
        annotate("queue", "--limit", "12", "-o", str(path))
    assert one.read_text() == two.read_text()
    annotate("queue", "--limit", "12", "-o", str(two), "seed=14")
    assert one.read_text() != two.read_text()


def test_only_stale_answers_are_asked_again(
    annotate: Annotate, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = passages(labels, 1)[0]
    labels.write_answers("anna", key, {"integration": "present"}, codebook_version="1.2")
    labels.write_answers("boris", key, {}, codebook_version="1.3")
    changed = tmp_path / "codebook.yaml"
    text = CODEBOOK.read_text(encoding="utf-8").replace('version: "1.2"', 'version: "1.3"')
    rule = "  - code: integration\n"
    assert rule in text
    changed.write_text(text.replace(rule, f'{rule}    since: "1.3"\n'), encoding="utf-8")
    queue, page = tmp_path / "stale.jsonl", tmp_path / "stale.html"
    assert annotate("queue", "--stale", "-o", str(queue), codebook=changed) == 0
    assert "1 passages, only to answer integration again" in capsys.readouterr().out
    assert [row["asked"] for row in rows(queue)] == [["integration"]]
    # Boris answered under the new rule: nothing waits for him; for anna one question does.
    assert (
        annotate(
            "export",
            "--as",
            "page",
            str(queue),
            "--coder",
            "boris",
            "-o",
            str(page),
            codebook=changed,
        )
        == 1
    )
    assert (
        annotate(
            "export",
            "--as",
            "page",
            str(queue),
            "--coder",
            "anna",
            "-o",
            str(page),
            codebook=changed,
        )
        == 0
    )
    (asked,) = [passage[5] for passage in data_of(page)["passages"]]
    assert len(asked) == 1
    answer = {"coder": "anna", "queue": "q", "passage_id": key, "asked": ["integration"],
              "answers": {"integration": "borderline"}, "codebook_version": "1.3",
              "coded_at": None, "source": None}  # fmt: skip
    (tmp_path / "again.jsonl").write_text(json.dumps(answer))
    back = (str(tmp_path / "again.jsonl"), "--supersede")
    assert annotate("import", *back, codebook=changed) == 0
    assert annotate("queue", "--stale", "-o", str(queue), codebook=changed) == 1
    assert "no stale answers of any coder" in capsys.readouterr().err


POSTS = [
    "An opening paragraph about the strategic partnership with Angola.\n\n"
    "A second one, which speaks of the port and of nothing else.\n\n"
    "A third one, on the exhibition of maps, closes the long message.",
    "The list of events of the week follows here, as usual:\n"
    "• on Monday the museum of the navy opens its doors to everyone\n"
    "• on Tuesday the choir of the embassy sings in the great hall\n"
    "• on Friday the ministers of the BRICS countries meet in Fortaleza",
]


def test_the_context_of_scored_posts_is_put_together_again(
    annotate: Annotate, labels: Any, tmp_path: Path
) -> None:
    posts, folder, queue = tmp_path / "posts.jsonl", tmp_path / "scored", tmp_path / "q.jsonl"
    lines = [json.dumps({"id": f"a/{i}", "channel": "a", "text": t}) for i, t in enumerate(POSTS)]
    posts.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    book = codebooks.load(CODEBOOK)
    Classifier(
        fitted=lexicon(book),
        calibration=Calibration.none(len(book.outputs)),
        thresholds=np.full(len(book.outputs), 0.5),
        codebook=book,
        codebook_yaml=CODEBOOK.read_bytes(),
    ).save(tmp_path / "model")
    boundary.run(["score", str(posts), "-o", str(folder), "--model", str(tmp_path / "model")])
    labels.write_text("A passage of the corpus")
    alone = ("queue.scarce=0", "queue.disputed=0", "queue.uncertain=0")
    assert annotate("queue", str(folder), "-o", str(queue), *alone) == 0
    found = queue_file.read(queue, book)
    # The same passages, id and context, as from the posts themselves.
    straight = tmp_path / "straight.jsonl"
    assert annotate("queue", str(posts), "-o", str(straight), *alone) == 0
    expected = queue_file.read(straight, book)
    assert len(expected) == 7
    assert sorted(found, key=by_id) == sorted(expected, key=by_id)


def by_id(item: queue_file.QueueItem) -> str:
    return item.passage_id


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["queue"], "-o is missing"),
        (["queue", "-o", "q.jsonl", "queue.sample=2"], "queue.sample=2.0 is out of range"),
        (
            ["queue", "-o", "q.jsonl", *(f"queue.{part}=0" for part in
             ("sample", "uncertain", "scarce", "disputed"))],
            "all four shares are 0",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    words: list[str], message: str, annotate: Annotate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert annotate(*words) in (1, 2)
    assert message in capsys.readouterr().err
