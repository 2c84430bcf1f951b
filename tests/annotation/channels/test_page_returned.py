from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.annotation import importing
from pipeline.annotation.channels.page import read
from pipeline.codebook import Codebook
from pipeline.errors import InputError

PASSAGE = "0123456789abcdef"
TEXT = "It rains on the “old” town."


def row(**changes: Any) -> dict[str, Any]:
    return {
        "coder": "anna", "queue": "q1", "passage_id": PASSAGE, "asked": "all",
        "answers": {"rain": "present", "stance:town": "against"}, "codebook_version": "1",
        "coded_at": "2026-11-24T10:05:00Z", "source": "page q1, practice 2/3",
        "evidence": {"rain": "It rains"}, "note": "clear",
    } | changes  # fmt: skip


def saved(path: Path, *rows: dict[str, Any] | str) -> Path:
    texts = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows]
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    return path


def test_what_the_page_saved_is_a_line_of_its_coder(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    returned = read(saved(tmp_path / "a.jsonl", row()), small_codebook, {PASSAGE: TEXT})
    [line] = returned.lines["anna"]
    assert line.answers == {"rain": "present", "stance:town": "against"}
    assert line.asked is None
    assert line.evidence == {"rain": "It rains"}
    assert (line.note, line.source) == ("clear", "page q1, practice 2/3")
    assert returned.warnings == []


def test_importing_twice_changes_nothing(tmp_path: Path, small_codebook: Codebook) -> None:
    path = saved(tmp_path / "a.jsonl", row())
    contents = []
    for _ in range(2):
        lines = read(path, small_codebook, {}).lines["anna"]
        importing.add(lines, tmp_path / "annotations", "anna", small_codebook)
        contents.append((tmp_path / "annotations" / "anna.jsonl").read_bytes())
    assert contents[0] == contents[1]


def test_half_a_character_in_a_note_does_not_stop_the_import(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    path = saved(tmp_path / "a.jsonl", json.dumps(row(note="cut \ud83d")))
    lines = read(path, small_codebook, {}).lines["anna"]
    importing.add(lines, tmp_path / "annotations", "anna", small_codebook)
    assert "cut \ufffd" in (tmp_path / "annotations" / "anna.jsonl").read_text("utf-8")


def test_evidence_is_taken_as_the_passage_says_it(tmp_path: Path, small_codebook: Codebook) -> None:
    evidence = {"rain": 'on the "old"', "stance:town": "a village"}
    path = saved(tmp_path / "a.jsonl", row(evidence=evidence))
    returned = read(path, small_codebook, {PASSAGE: TEXT})
    assert returned.lines["anna"][0].evidence == {"rain": "on the “old”"}
    assert [str(w) for w in returned.warnings] == [
        f"{path}:1: warning: stance:town: the evidence is not in the passage and is left out"
    ]
    # The text is not at hand: nothing is judged, nothing lost.
    assert read(path, small_codebook, {}).lines["anna"][0].evidence == evidence


def test_two_coders_in_one_file_are_kept_apart(tmp_path: Path, small_codebook: Codebook) -> None:
    path = saved(tmp_path / "a.jsonl", row(), row(coder="boris"), row(passage_id="f" * 16))
    lines = read(path, small_codebook, {}).lines
    assert {coder: len(found) for coder, found in lines.items()} == {"anna": 2, "boris": 1}


def test_every_mistake_is_named_with_its_line(tmp_path: Path, small_codebook: Codebook) -> None:
    path = saved(
        tmp_path / "a.jsonl",
        row(),
        "{half",
        row(answers={"ran": "present"}),
        row(answers={"rain": "against"}),
        row(coder="../anna"),
        {k: v for k, v in row().items() if k != "queue"},
        row(codebook_version="9"),
        "[" * 100_000,
        row(coded_at="0001-01-01T00:00:00+05:00"),
    )
    with pytest.raises(InputError) as refused:
        read(path, small_codebook, {})
    found = str(refused.value).split("\n")
    expected = {
        2: "not JSON", 3: "did you mean 'rain'", 4: "'against' for this kind of question",
        5: "pseudonym", 6: "queue is missing", 7: "version '9'",
        8: "nested too deeply", 9: "is not a time",
    }  # fmt: skip
    for number, words in expected.items():
        assert any(m.startswith(f"{path}:{number}: ") and words in m for m in found), words
    assert not any(m.startswith(f"{path}:1:") for m in found)


def test_an_empty_file_is_refused(tmp_path: Path, small_codebook: Codebook) -> None:
    with pytest.raises(InputError, match="no answers; save"):
        read(saved(tmp_path / "a.jsonl", ""), small_codebook, {})
