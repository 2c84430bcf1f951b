"""A language model's answers in labels/: registered as what they are, taken in like a coder's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.annotation import coders
from pipeline.annotation.channels.language_model import Run, Settings, register
from pipeline.annotation.channels.page.queue import Item
from pipeline.campaign import language_model
from pipeline.campaign.language_model import CoderFiles
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.io.progress import quiet
from tests.annotation.channels.scripted_server import Reply, coded, scripted
from tests.annotation.channels.test_language_model_server import SETTINGS
from tests.annotation.conftest import LabelsFolder

pytestmark = pytest.mark.slow


def ask(
    labels: LabelsFolder, items: list[Item], settings: Settings, codebook: Codebook, coder: str
) -> Run:
    done = language_model.ask(
        items,
        coder,
        settings,
        codebook,
        CoderFiles(labels.annotations, labels.coders, labels.coders.parent / "language_model"),
        progress=quiet,
    )
    assert done is not None
    return done[0]


def waiting(labels: LabelsFolder, *words: str) -> list[Item]:
    keys = {text: labels.write_text(text) for text in words}
    return [Item(key, text.ljust(40, "."), "", "", "en") for text, key in keys.items()]


def test_its_lines_stand_beside_people_and_the_folder_checks(
    labels: LabelsFolder, small_codebook: Codebook, capsys: pytest.CaptureFixture[str]
) -> None:
    items = waiting(labels, "It pours in town", "Nothing here")

    def script(_: int, request: object) -> Reply:
        return coded(rain=("present", "It pours")) if "pours" in str(request) else coded()

    with scripted(script) as server:
        settings = replace(SETTINGS, url=server.url, model="tiny/1b")
        run = ask(labels, items, settings, small_codebook, "tiny")
        again = ask(labels, items, settings, small_codebook, "tiny")
        assert len(server.requests) == 2
    assert (run.answered, again.answered, again.done_before) == (2, 0, 2)
    assert labels.problems(small_codebook) == []
    rows = [json.loads(x) for x in (labels.annotations / "tiny.jsonl").read_text().splitlines()]
    assert sorted(row["answers"] != {} for row in rows) == [False, True]
    entry = coders.read(labels.coders)["tiny"]
    assert (entry.kind, entry.model) == ("language_model", "tiny/1b")
    assert entry.prompt is not None and entry.settings == settings.of_answers()
    told = capsys.readouterr()
    assert "2 requests, 0 answered before" in told.err and "leave this machine" not in told.err
    assert "2 of 2 answered" in told.out
    assert (labels.coders.parent / "language_model" / ".gitignore").read_text() == "*\n"


def test_another_model_under_the_same_name_is_refused_before_anything_is_sent(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    items = waiting(labels, "It pours in town")
    with scripted(lambda *_: coded()) as server:
        settings = replace(SETTINGS, url=server.url)
        ask(labels, items, settings, small_codebook, "tiny")
        for changed in (
            replace(settings, model="other"),
            replace(settings, rules="definitions"),
            replace(settings, temperature=1.0),
        ):
            with pytest.raises(InputError, match="use another --coder"):
                ask(labels, items, changed, small_codebook, "tiny")
        assert len(server.requests) == 1


def test_a_name_that_is_a_persons_is_refused(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    labels.coders.write_text("anna: {kind: person, description: A student.}\n")
    with pytest.raises(InputError, match="anna is a person"):
        ask(labels, waiting(labels, "Rain"), SETTINGS, small_codebook, "anna")


def test_a_model_that_poses_as_a_person_is_a_mistake(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rains")
    labels.coders.write_text("anna: {kind: person, description: A student.}\n")
    labels.write_answers("anna", key, {}, source="language_model 0123456789ab")
    (problem,) = labels.problems(small_codebook)
    assert "1 lines are by a language model, but anna is registered as a person" in problem
    labels.coders.write_text("anna: {kind: person, description: A student., model: tiny}\n")
    assert any("model is only for a language_model" in p for p in labels.problems(small_codebook))


def test_registering_leaves_the_rest_of_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "coders.yaml"
    before = "# Who coded.\nanna:\n  kind: person\n  description: >-\n    A student."
    path.write_text(before)
    register("tiny", path, SETTINGS)
    register("tiny", path, SETTINGS)
    assert path.read_text().startswith(before + "\ntiny:\n")
    assert list(coders.read(path)) == ["anna", "tiny"]


def test_what_leaves_the_machine_is_told(small_codebook: Codebook, tmp_path: Path) -> None:
    from pipeline.annotation.channels.language_model import plan

    items = [Item("0" * 16, "It rains", "", "", "en")]
    away = replace(SETTINGS, url="http://models.example.org/v1", most_requests=7)
    told = "\n".join(language_model.plan_lines(plan(items, small_codebook, away, tmp_path), away))
    assert "they are sent to http://models.example.org/v1" in told
    assert "not encrypted" in told and "budget: 7 requests" in told
