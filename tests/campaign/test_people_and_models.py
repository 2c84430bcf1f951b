"""A circle of two people and a model: dealt, coded, exported, audited."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.annotation.queue import queue_file
from pipeline.annotation.queue.queue_file import QueueItem
from pipeline.annotation.queue.sample import Sample
from pipeline.annotation.selection import Selection
from pipeline.campaign import assigning, people_and_models
from pipeline.config import Config, compose
from pipeline.datasets import coded_jsonl
from pipeline.errors import InputError
from tests.annotation.conftest import LabelsFolder
from tests.conftest import SMALL_CODEBOOK


@pytest.fixture
def labels(tmp_path: Path) -> LabelsFolder:
    found = LabelsFolder(tmp_path)
    kinds = {"anna": "person", "boris": "person", "tiny": "language_model"}
    found.coders.write_text(
        "".join(f"{n}: {{kind: {k}, description: x}}\n" for n, k in kinds.items())
    )
    return found


@pytest.fixture
def config(labels: LabelsFolder, tmp_path: Path) -> Config:
    book = tmp_path / "codebook.yaml"
    book.write_bytes(SMALL_CODEBOOK)
    return compose([
        f"label.texts={labels.texts}", f"label.annotations={labels.annotations}",
        f"label.coders={labels.coders}", f"label.hydrated={tmp_path / 'own'}",
        f"label.assignments={tmp_path / 'assignments'}", f"codebook={book}",
    ])  # fmt: skip


def coded(labels: LabelsFolder, coder: str, keys: Sequence[str], raining: Sequence[str]) -> None:
    for key in keys:
        labels.write_answers(coder, key, {"rain": "present"} if key in raining else {})


def test_people_reach_the_models_and_audit_them(
    labels: LabelsFolder, config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = [labels.write_text(f"Passage number {i}") for i in range(40)]
    coded(labels, "tiny", keys, keys[:20])  # half of what it says is wrong
    coded(labels, "anna", keys[::2], keys[:10])
    coded(labels, "boris", keys[:8:2], keys[:10])
    output = tmp_path / "coded.jsonl"
    assert people_and_models.export_coded(output, config, wanted=Selection()) == 20
    from pipeline import codebook as codebooks

    read = coded_jsonl.read(output, codebooks.load(Path(config.codebook)))
    assert (read.answers[:, 0] == "present").sum() == 5  # passages 0, 2, 4, 6, 8
    assert "answers of anna, boris; left out: tiny" in capsys.readouterr().out
    sample = tmp_path / "sample.json"
    drawn = Sample(40, 1, ("x",), dict.fromkeys(keys[::2], 0.5))
    drawn.save(tmp_path, "sample")
    figures = tmp_path / "audit.json"
    found = people_and_models.audit(sample, config, model="tiny", output=figures)
    rain = found.outputs[0]
    # The model says 20 of 40; in the sample of 20 it is off by five.
    assert (rain.said, rain.corrected.share, rain.people.share) == (0.5, 0.25, 0.25)
    assert json.loads(figures.read_text())["population"] == 40
    with pytest.raises(InputError, match="either --coder NAME or SCORED"):
        people_and_models.audit(sample, config)


def test_a_queue_is_dealt_and_its_status_told(
    labels: LabelsFolder, config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [f"Passage number {i}".ljust(40, ".") for i in range(10)]
    keys = [labels.write_text(f"Passage number {i}") for i in range(10)]
    queue = tmp_path / "week.jsonl"
    queue_file.write(
        queue,
        [QueueItem(key, text, "", "", "en", "p", i, "sample")
         for i, (key, text) in enumerate(zip(keys, texts, strict=True))],
    )  # fmt: skip
    dealt = assigning.assign(
        queue, ["anna", "boris", "carla"], tmp_path / "out", config, overlap=0.5, calibration=4
    )
    told = capsys.readouterr().out
    assert "4 passages coded by all, 3 by two" in told and "carla has no entry yet" in told
    own = [
        json.loads(x)["passage_id"] for x in (tmp_path / "out/anna.jsonl").read_text().splitlines()
    ]
    assert own == list(dealt.share_of["anna"])
    coded(labels, "anna", own[:5], [])
    now = assigning.status(tmp_path / "assignments" / "week.json", config)
    assert (now.coders[0].done, now.coders[0].assigned) == (5, len(own))
    assert f"anna: 5 of {len(own)}" in capsys.readouterr().out
