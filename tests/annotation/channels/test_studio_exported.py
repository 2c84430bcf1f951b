"""JSON exports of Label Studio, as its version 1.23 writes them, and everything else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.annotation import importing
from pipeline.annotation.channels import page, studio
from pipeline.annotation.channels.studio import labelling, tasks
from pipeline.annotation.channels.studio.exported import Exported, People, from_tasks
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.text.passage_id import passage_id

TEXT = "😀 It rains on the town, and nobody minds."
KEY = passage_id(TEXT)
PEOPLE = People({"1": "anna", "2": "boris"})


def choice(name: str, *answers: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "Text", "type": "choices",
            "value": {"choices": list(answers)}}  # fmt: skip


def span(start: int, end: int, text: str, label: str = "rain") -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"from_name": "Evidence", "to_name": "Text", "type": "labels", "value": value}


def note(*words: str) -> dict[str, Any]:
    return {"from_name": "Note", "to_name": "Text", "type": "textarea",
            "value": {"text": list(words)}}  # fmt: skip


def annotation(number: int, *result: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "completed_by": 1, "result": list(result), "was_cancelled": False,
        "ground_truth": False, "created_at": "2026-11-24T08:00:00.213476Z",
        "updated_at": "2026-11-24T08:05:00.213505Z", "lead_time": 3.2, "parent_prediction": None,
    } | changes  # fmt: skip


def task(
    codebook: Codebook, *annotations: dict[str, Any], asked: list[str] | None = None, **data: Any
) -> dict[str, Any]:
    """A task as it was sent, exported with annotations."""
    row = {"passage_id": KEY, "text": TEXT, "opening": "", "before": "", "language": "en",
           "post": "p", "position": 0}  # fmt: skip
    queue = page.queue([row], codebook, "studio", asked=None if asked is None else {KEY: asked})
    sent = tasks.task(queue.items[0], queue, codebook)
    return {"id": 5, "annotations": list(annotations), "drafts": [], "predictions": [],
            "data": sent["data"] | data}  # fmt: skip


def read(codebook: Codebook, *given: dict[str, Any], people: People = PEOPLE) -> Exported:
    return from_tasks(list(given), "export.json", codebook, {KEY: TEXT}, people)


def test_choices_spans_and_notes_become_a_line(small_codebook: Codebook) -> None:
    result = [choice("rain", "present"), choice("stance_town", "against"),
              span(3, 11, "It rains"), note("so  it", "is")]  # fmt: skip
    exported = read(small_codebook, task(small_codebook, annotation(17, *result)))
    [line] = exported.found.lines["anna"]
    assert line.passage_id == KEY
    assert line.answers == {"rain": "present", "stance:town": "against"}
    assert line.evidence == {"rain": "It rains"}
    assert (line.note, line.asked, line.codebook_version) == ("so it is", None, "1")
    assert line.coded_at == "2026-11-24T08:05:00.213505Z"
    assert line.source == "label studio task 5 annotation 17"
    assert exported.found.warnings == []


def test_words_on_the_page_stand_for_their_answers(small_codebook: Codebook) -> None:
    """Label Studio exports an alias or the words shown, by version."""
    result = [choice("rain", "can’t say"), span(3, 11, "It rains", label="Rain")]
    exported = read(small_codebook, task(small_codebook, annotation(17, *result)))
    [line] = exported.found.lines["anna"]
    assert (line.answers, line.evidence) == ({"rain": "cannot_say"}, {"rain": "It rains"})


def test_importing_twice_changes_nothing(small_codebook: Codebook, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task(small_codebook, annotation(17, choice("rain", "present")))]))
    contents = []
    for _ in range(2):
        found = studio.read(path, small_codebook, {}, PEOPLE).found
        importing.add(found.lines["anna"], tmp_path / "labels", "anna", small_codebook)
        contents.append((tmp_path / "labels" / "anna.jsonl").read_bytes())
    assert contents[0] == contents[1]


def test_cancelled_and_empty_annotations_are_no_answers_and_counted(
    small_codebook: Codebook,
) -> None:
    exported = read(small_codebook, task(
        small_codebook,
        annotation(1, choice("rain", "present"), was_cancelled=True),
        annotation(2),
        annotation(3, note("only a note"), completed_by=2),
        annotation(4, choice("rain"), completed_by=2),
    ))  # fmt: skip
    assert exported.found.lines == {}
    assert exported.left_out == {"skipped": 1, "empty": 3, "unfinished drafts": 0}


def test_nothing_is_an_answer_when_it_is_marked(small_codebook: Codebook) -> None:
    exported = read(small_codebook, task(small_codebook, annotation(1, choice("Nothing", "x"))))
    assert exported.found.lines["anna"][0].answers == {}
    both = annotation(1, choice("Nothing", "x"), choice("rain", "present"))
    with pytest.raises(InputError, match=r"task 5, annotation 1: marked as nothing, but rain"):
        read(small_codebook, task(small_codebook, both))


def test_the_last_annotation_of_a_coder_counts(small_codebook: Codebook) -> None:
    late = annotation(1, choice("rain", "present"), updated_at="2026-11-24T09:00:00Z")
    early = annotation(2, choice("rain", "borderline"))
    other = annotation(3, choice("wind", "present"), completed_by={"id": 2, "email": "b@x.org"})
    exported = read(small_codebook, task(small_codebook, late, early, other))
    assert exported.found.lines["anna"][0].answers == {"rain": "present"}
    assert exported.found.lines["boris"][0].answers == {"wind": "present"}
    assert exported.left_out["replaced by a later one"] == 1


def test_every_user_needs_a_pseudonym(small_codebook: Codebook) -> None:
    stranger = annotation(1, choice("rain", "present"), completed_by={"id": 9, "email": "c@x.org"})
    with pytest.raises(InputError, match=r"user 9 \(c@x.org\) has no pseudonym: add `studio"):
        read(small_codebook, task(small_codebook, stranger))
    alone = People({}, only="eva")
    exported = read(small_codebook, task(small_codebook, stranger), people=alone)
    assert list(exported.found.lines) == ["eva"]
    two = task(small_codebook, stranger, annotation(2, choice("rain", "present")))
    with pytest.raises(InputError, match=r"annotations by several users \(1, 9\), not only eva"):
        read(small_codebook, two, people=alone)


def test_only_what_was_asked_is_taken(small_codebook: Codebook) -> None:
    given = annotation(1, choice("rain", "present"), choice("wind", "present"),
                       span(3, 11, "It rains"))  # fmt: skip
    exported = read(small_codebook, task(small_codebook, given, asked=["wind"]))
    [line] = exported.found.lines["anna"]
    assert (line.asked, line.answers, line.evidence) == (("wind",), {"wind": "present"}, {})
    assert [w.message for w in exported.found.warnings] == [
        "rain: answered but not asked; left out", "rain: evidence, but not asked; left out",
    ]  # fmt: skip


def test_evidence_that_the_passage_does_not_say_is_left_out(small_codebook: Codebook) -> None:
    given = annotation(1, choice("rain", "present"), span(3, 11, "It snows"))
    exported = read(small_codebook, task(small_codebook, given))
    assert exported.found.lines["anna"][0].evidence == {}
    assert "the evidence is not in the passage" in str(exported.found.warnings[0])


def test_of_several_stretches_the_first_in_the_text_is_kept(small_codebook: Codebook) -> None:
    given = annotation(1, choice("rain", "present"), span(19, 23, "town"), span(3, 11, "It rains"))
    exported = read(small_codebook, task(small_codebook, given))
    assert exported.found.lines["anna"][0].evidence == {"rain": "It rains"}


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([choice("rain", "presnt")], "unknown answer 'presnt'; did you mean 'present'"),
        ([choice("rain", "against")], "for this kind of question"),
        ([choice("rain", "present", "borderline")], "2 answers at once: present, borderline"),
        ([choice("rain", "present"), choice("rain", "borderline")], "answered twice"),
        (
            [choice("rian", "present")],
            "choices 'rian' is not part of the labelling interface; did you mean 'rain'",
        ),
        (
            [{"type": "rectanglelabels", "value": {}}],
            "rectanglelabels '' is not part of the labelling interface",
        ),
        (["x"], "a region '' is not part of the labelling interface"),
        ([choice("rain") | {"value": {"choices": "present"}}], "choices is not a list of strings"),
    ],
)
def test_an_answer_that_is_none_is_named_with_its_task(
    small_codebook: Codebook, result: list[Any], message: str
) -> None:
    with pytest.raises(InputError, match=f"export.json, task 5, annotation 1: .*{message}"):
        read(small_codebook, task(small_codebook, annotation(1, *result)))


def test_a_time_that_is_none_is_named_with_its_task(small_codebook: Codebook) -> None:
    given = annotation(1, choice("rain", "present"), updated_at=5)
    with pytest.raises(InputError, match="task 5, annotation 1: updated_at: expected a time"):
        read(small_codebook, task(small_codebook, given))


def test_tasks_that_were_changed_or_are_not_ours_are_refused(small_codebook: Codebook) -> None:
    given = annotation(1, choice("rain", "present"))
    sent = task(small_codebook, given)
    with pytest.raises(InputError, match="the text is not that of passage"):
        read(small_codebook, task(small_codebook, given, text="Something else"))
    with pytest.raises(InputError, match="not a task of"):
        read(small_codebook, task(small_codebook, given, passage_id=None))
    with pytest.raises(InputError, match="coded by codebook version '7'"):
        read(small_codebook, task(small_codebook, given, codebook_version="7"))
    with pytest.raises(InputError, match="asked: expected names of questions"):
        read(small_codebook, sent | {"data": sent["data"] | {"asked": [{}]}})


MIN = [{"text": "a", "id": 1, "rain": "present", "annotator": 1, "annotation_id": 1}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(MIN), "entry 1: JSON-MIN is incomplete"),
        ('"annotation_id","annotator","rain"\r\n1,"1","present"\r\n', "the CSV and TSV export"),
        ("annotation_id\tannotator\train\r\n1\t1\tpresent\r\n", "the CSV and TSV export"),
        ("-DOCSTART- -X- O\nIt -X- _ B-rain\n", "CoNLL has only spans"),
        (
            '{"text": "a", "label": ["x"]}\n{"text": "b", "label": []}\n',
            "JSON Lines is not an export format",
        ),
        ('[{"text": "a", "label": ["x"]}]', "a doccano export"),
        ('[{"id": 1, "completions": [], "data": {}}]', "before version 1.0"),
        ("{}", "expected a list of tasks"),
        ("[1]", "entry 1: not a task"),
        ('[{"id": 1, "annotations": {}}]', "a task must have data and a list of annotations"),
        ('[{"data": {}, "annotations": [], "drafts": 5}]', "drafts must be a list, found 5"),
        ('[{"id": 1, "annotations"', "not JSON, or truncated"),
        ("[" * 100_000, "not JSON, or truncated"),
        ("", "not JSON, or truncated"),
    ],
)
def test_other_formats_are_refused_with_the_reason(
    tmp_path: Path, small_codebook: Codebook, content: str, message: str
) -> None:
    path = tmp_path / "export.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        studio.read(path, small_codebook, {}, PEOPLE)
    assert str(caught.value).count("\n") == 0
    assert "export as JSON (not JSON-MIN)" in str(caught.value)


def test_archives_of_pictures_are_refused(tmp_path: Path, small_codebook: Codebook) -> None:
    path = tmp_path / "coco.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("result.json", "{}")
    with pytest.raises(InputError, match="with regions of pictures"):
        studio.read(path, small_codebook, {}, PEOPLE)


def test_the_names_on_the_page_belong_to_one_question_each(small_codebook: Codebook) -> None:
    names = [labelling.control(question) for question in small_codebook.questions]
    assert names == ["rain", "wind", "stance_town"]
    assert not {labelling.TEXT, labelling.NOTE, labelling.NOTHING, labelling.EVIDENCE} & set(names)
