from __future__ import annotations

from typing import Any

import pytest

from pipeline.annotation import check
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from tests.annotation.conftest import LabelsFolder

ZEROS = "0" * 16


def test_sound_labels_have_no_problem(labels: LabelsFolder, small_codebook: Codebook) -> None:
    key = labels.write_text("It rained.")
    labels.write_answers("anna", key, {"rain": "present"}, note="sure", evidence={"rain": "rained"})
    labels.write_answers("boris", key, {"stance:town": "neutral"}, asked=["wind", "stance:town"])
    assert labels.problems(small_codebook) == []


def test_every_mistake_is_collected_with_its_line(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained.")
    path = labels.annotations / "anna.jsonl"
    labels.append(path, "{")
    labels.append(path, "[1]")
    labels.append(path, '{"passage_id": "x", "passage_id": "y"}')
    labels.append(path, '{"answers": {}}')
    labels.append(path, "")
    labels.write_answers("anna", key, {"rian": "present"})
    labels.write_answers("anna", "0" * 15, {"rain": "presnt"})
    labels.write_answers("anna", ZEROS, {"stance:town": "present"}, codebook_version="2")
    labels.write_answers("anna", "1" * 16, {"rain": "present"}, asked=["wind"])
    labels.write_answers("anna", "2" * 16, {}, answer={})
    labels.write_answers("anna", "3" * 16, {}, coded_at="yesterday")
    labels.write_answers("anna", "4" * 16, {}, asked=[])
    labels.write_answers("anna", "5" * 16, {}, asked=["rain", "rain"])
    labels.write_answers("anna", "6" * 16, {"rain": 1})  # type: ignore[dict-item]
    where = "annotations/anna.jsonl"
    assert labels.problems(small_codebook) == [
        f"{where}:1: not JSON: Expecting property name enclosed in double quotes at character 2",
        f"{where}:2: expected a JSON object, found list",
        f"{where}:3: duplicate key 'passage_id'",
        f"{where}:4: missing passage_id, asked, codebook_version",
        f"{where}:6: unknown frame 'rian'; did you mean 'rain'?",
        f"{where}:7: passage_id '000000000000000' is not 16 hexadecimal digits",
        f"{where}:7: rain: unknown answer 'presnt'; did you mean 'present'?",
        f"{where}:8: coded by codebook version '2', the codebook is version '1'",
        f"{where}:8: stance:town: unknown answer 'present' for this kind of question; "
        "allowed: against, neutral, favour, absent, cannot_say",
        f"{where}:9: rain: answered but not asked",
        f"{where}:10: unknown key 'answer'; did you mean 'answers'?",
        f"{where}:11: coded_at 'yesterday' is not a time such as 2026-11-24T10:05:00Z",
        f'{where}:12: asked: expected "all" or a list of questions, found []',
        f"{where}:13: asked has a question twice",
        f"{where}:14: answers.rain: expected text, found 1",
    ]


def test_a_passage_that_is_not_the_hash_of_its_words_is_reported_with_the_right_one(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    right = labels.write_text("It rained.")
    (labels.texts / "one.jsonl").unlink()
    labels.write_text("It rained.", passage_id=ZEROS)
    (problem,) = labels.problems(small_codebook)
    assert problem.startswith(f"texts/one.jsonl:1: passage_id '{ZEROS}' does not match text")
    assert right in problem


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"voice": ""}, "voice: empty"),
        ({"voice": None}, "voice: expected text, found None"),
        ({"position": -1}, "position: expected an integer from 0, found -1"),
        ({"position": True}, "position: expected an integer from 0, found True"),
        ({"language": "English"}, "language: expected a code such as 'en', found 'English'"),
        ({"text": " \u200b "}, "text: empty"),
        ({"lang": "en"}, "unknown key 'lang'; did you mean 'language'?"),
    ],
)
def test_a_damaged_text_is_reported(
    labels: LabelsFolder, small_codebook: Codebook, changes: dict[str, Any], expected: str
) -> None:
    labels.write_text("It rained.", **changes)
    assert labels.problems(small_codebook) == [f"texts/one.jsonl:1: {expected}"]


def test_a_passage_or_place_that_is_taken_names_the_other(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained.", name="a")
    labels.write_text("It rained.", name="b")
    labels.write_text("It snowed.", name="b", post="It rained.")
    root = labels.texts
    assert labels.problems(small_codebook) == [
        f"texts/b.jsonl:1: passage {key} is already in {root}/a.jsonl:1".replace(
            f"{root}", "texts"
        ),
        "texts/b.jsonl:2: position 0 of post 'It rained.' is already in texts/a.jsonl:1",
    ]


def test_odd_lengths_and_gaps_are_warnings_only(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    labels.write_text("Short.", text="Short.")
    labels.write_text("Long.", text="Long." * 300, opening="o" * 201, before="b" * 301)
    labels.write_text("Late.", position=2, post="p")
    labels.write_text("Last.", position=4, post="p")
    assert labels.problems(small_codebook) == [
        "texts/one.jsonl:1: warning: text of 6 characters; expected 40 to 1200",
        "texts/one.jsonl:2: warning: text of 1500 characters; expected 40 to 1200",
        "texts/one.jsonl:2: warning: opening of 201 characters; only the first 200 are used",
        "texts/one.jsonl:2: warning: before of 301 characters; only the first 300 are used",
        "texts: warning: post 'p': missing position 0, 1, 3",
    ]
    assert labels.check(small_codebook).errors == []


def test_evidence_that_does_not_stand_in_the_passage_is_a_warning(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained  all\u00a0day.")
    labels.write_answers("anna", key, {"rain": "present"}, evidence={"rain": "rained all day"})
    labels.write_answers("boris", key, {"rain": "present"}, evidence={"rain": "it poured"})
    assert labels.problems(small_codebook) == [
        "annotations/boris.jsonl:1: warning: rain: the evidence is not in the passage"
    ]


def test_answering_twice_is_reported_unless_the_later_line_supersedes(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained.")
    first = Line(key, {"rain": "present"}, "1")
    labels.write_answers("anna", key, {"rain": "present"}, source=None)
    labels.write_answers("anna", key, {"rain": "absent"}, asked=["rain"])
    labels.write_answers("boris", key, {"rain": "present"})
    labels.write_answers("boris", key, {}, supersedes=[first.digest])
    assert labels.problems(small_codebook) == [
        f"annotations/anna.jsonl:2: passage {key}: rain already answered in line 1; "
        "a corrected answer must name the line in `supersedes`"
    ]


def test_lines_that_share_no_question_do_not_clash(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained.")
    labels.write_answers("anna", key, {}, asked=["rain"])
    labels.write_answers("anna", key, {}, asked=["wind", "stance:town"])
    assert labels.problems(small_codebook) == []


def test_superseding_a_line_that_is_not_there_is_reported(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained.")
    labels.write_answers("anna", key, {}, supersedes=["123456abcdef"])
    assert labels.problems(small_codebook) == [
        "annotations/anna.jsonl:1: supersedes '123456abcdef', but no line of the passage has it"
    ]


def test_a_coder_without_an_entry_is_reported(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    labels.write_answers("ana", ZEROS, {})
    (problem,) = labels.problems(small_codebook)
    assert problem == (
        "annotations/ana.jsonl: coder 'ana' has no entry in coders.yaml; did you mean 'anna'?"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("anna: {kind: human, description: x}", "anna: unknown kind 'human'; allowed: language_m"),
        ("anna: {kind: person}", "anna: description missing or empty"),
        ("anna: {kind: person, description: x, age: 3}", "anna: unknown key 'age'"),
        ("- anna", "expected a mapping of coders, found list"),
        ("anna: [", "not valid YAML"),
        ("anna: {since: 2026-02-30}", "not valid YAML: invalid date or number"),
        ("anna: person", "anna: expected kind and description, found str"),
    ],
)
def test_a_mistake_in_the_list_of_coders_is_reported(
    labels: LabelsFolder, small_codebook: Codebook, content: str, expected: str
) -> None:
    labels.coders.write_text(content)
    (problem,) = labels.problems(small_codebook)
    assert problem.startswith(f"coders.yaml: {expected}")


def test_answers_about_unknown_passages_are_counted_not_refused(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    key = labels.write_text("It rained.")
    for coder in ("anna", "boris"):
        labels.write_answers(coder, key, {})
        labels.write_answers(coder, ZEROS, {"rain": "present"})
    checked = labels.check(small_codebook)
    assert (checked.problems, checked.without_text) == ([], {ZEROS})


def test_a_missing_folder_is_refused(labels: LabelsFolder, small_codebook: Codebook) -> None:
    with pytest.raises(InputError, match="no such folder"):
        check.labels(
            texts=labels.texts / "none",
            annotations=labels.annotations,
            coders=labels.coders,
            codebook=small_codebook,
        )


def test_a_file_that_is_not_utf8_is_reported(
    labels: LabelsFolder, small_codebook: Codebook
) -> None:
    (labels.texts / "one.jsonl").write_bytes('{"text": "Привет"}'.encode("cp1251"))
    (problem,) = labels.problems(small_codebook)
    assert problem.startswith("texts/one.jsonl: not UTF-8: ")
