from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.annotation import importing
from pipeline.annotation import lines as coded
from pipeline.annotation.channels.returned import Returned, together
from pipeline.annotation.coders import Coder, entry_missing
from pipeline.annotation.importing import Difference, Imported
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook
from pipeline.errors import InputError

A, B = "a" * 16, "b" * 16


def stored(folder: Path, coder: str = "anna") -> list[Line]:
    return coded.read(folder / f"{coder}.jsonl")


def standing(folder: Path, codebook: Codebook, passage: str = A) -> dict[str, str]:
    """The answers of anna that stand about a passage."""
    own = [line for line in stored(folder) if line.passage_id == passage]
    found = coded.current(own, codebook)
    assert all(len(lines) == 1 for lines in found.values())
    return {question: lines[0].answer(question) for question, lines in found.items()}


def test_new_lines_are_added_sorted_by_passage(tmp_path: Path, small_codebook: Codebook) -> None:
    lines = [Line(B, {"rain": "present"}, "1"), Line(A, {}, "1")]
    result = importing.add(lines, tmp_path, "anna", small_codebook)
    assert result == Imported(added=2, unchanged=0, superseded=0, held_back=0, differences=())
    assert stored(tmp_path) == [lines[1], lines[0]]


def test_importing_twice_changes_nothing(tmp_path: Path, small_codebook: Codebook) -> None:
    lines = [Line(A, {"rain": "present"}, "1", source="sheet"), Line(B, {}, "1")]
    importing.add(lines, tmp_path, "anna", small_codebook)
    before = (tmp_path / "anna.jsonl").read_bytes()
    result = importing.add(reversed(lines), tmp_path, "anna", small_codebook, supersede=True)
    assert (result.unchanged, result.added, result.superseded) == (2, 0, 0)
    assert (tmp_path / "anna.jsonl").read_bytes() == before


def test_a_differing_answer_is_reported_and_not_taken(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    importing.add([Line(A, {"rain": "present"}, "1")], tmp_path, "anna", small_codebook)
    other = Line(A, {"stance:town": "favour"}, "1")
    result = importing.add([other], tmp_path, "anna", small_codebook)
    assert result.held_back == 1
    assert result.differences == (
        Difference(A, "rain", "present", "absent"),
        Difference(A, "stance:town", "absent", "favour"),
    )
    assert standing(tmp_path, small_codebook)["rain"] == "present"


def test_a_confirmed_answer_supersedes_and_the_earlier_one_stays_on_file(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    first, second = Line(A, {"rain": "present", "wind": "present"}, "1"), Line(A, {}, "1")
    importing.add([first], tmp_path, "anna", small_codebook)
    result = importing.add([second], tmp_path, "anna", small_codebook, supersede=True)
    assert (result.superseded, result.held_back, len(result.differences)) == (1, 0, 2)
    assert stored(tmp_path)[0] == first
    assert stored(tmp_path)[1].supersedes == (first.digest,)
    assert standing(tmp_path, small_codebook) == {
        "rain": "absent", "wind": "absent", "stance:town": "absent"
    }  # fmt: skip
    # Only what differs was written; the town was answered alike.
    assert stored(tmp_path)[1].asked == ("rain", "wind")


def test_a_coder_may_go_back_to_an_earlier_answer(tmp_path: Path, small_codebook: Codebook) -> None:
    first, second = Line(A, {"rain": "present"}, "1"), Line(A, {}, "1")
    for line in (first, second, first, second, first):
        importing.add([line], tmp_path, "anna", small_codebook, supersede=True)
    assert standing(tmp_path, small_codebook)["rain"] == "present"
    assert len(stored(tmp_path)) == 5


def test_an_old_export_with_times_does_not_undo_a_later_answer(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    first = Line(A, {"rain": "present"}, "1", coded_at="2026-11-01T10:00:00Z")
    second = Line(A, {}, "1", coded_at="2026-11-02T10:00:00Z")
    importing.add([first], tmp_path, "anna", small_codebook)
    importing.add([second], tmp_path, "anna", small_codebook, supersede=True)
    result = importing.add([first], tmp_path, "anna", small_codebook, supersede=True)
    assert result.unchanged == 1
    assert standing(tmp_path, small_codebook)["rain"] == "absent"


def test_questions_not_answered_before_are_taken_beside_a_difference(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    importing.add([Line(A, {"rain": "present"}, "1", asked=("rain",))], tmp_path, "anna",
                  small_codebook)  # fmt: skip
    result = importing.add([Line(A, {"wind": "borderline"}, "1")], tmp_path, "anna", small_codebook)
    assert result.held_back == 1
    assert standing(tmp_path, small_codebook) == {
        "rain": "present", "wind": "borderline", "stance:town": "absent"
    }  # fmt: skip


def test_the_same_answer_under_a_newer_codebook_takes_the_place_of_the_old(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    line = Line(A, {"rain": "present"}, "1")
    importing.add([line], tmp_path, "anna", small_codebook)
    renewed = replace(line, codebook_version="2")
    result = importing.add([renewed], tmp_path, "anna", replace(small_codebook, version="2"))
    assert (result.superseded, result.differences) == (1, ())
    live = coded.current(stored(tmp_path), small_codebook)
    assert {lines[0].codebook_version for lines in live.values()} == {"2"}


def test_coders_do_not_meet(tmp_path: Path, small_codebook: Codebook) -> None:
    importing.add([Line(A, {}, "1")], tmp_path, "anna", small_codebook)
    result = importing.add([Line(A, {"rain": "present"}, "1")], tmp_path, "boris", small_codebook)
    assert (result.added, result.differences) == (1, ())


@pytest.mark.parametrize("coder", ["", "Anna", "../anna", "anna b", ".anna"])
def test_a_pseudonym_is_a_plain_word(tmp_path: Path, small_codebook: Codebook, coder: str) -> None:
    with pytest.raises(InputError, match="a pseudonym has"):
        importing.add([], tmp_path, coder, small_codebook)


def test_a_damaged_file_is_refused_with_its_line_and_left_alone(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    (tmp_path / "anna.jsonl").write_text(Line(A, {}, "1").to_json() + "\n{\n")
    with pytest.raises(InputError, match=r"anna\.jsonl:2: not JSON"):
        importing.add([Line(B, {}, "1")], tmp_path, "anna", small_codebook)
    assert (tmp_path / "anna.jsonl").read_text().endswith("\n{\n")


NAMES = ("rain", "wind", "stance:town")
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "rain": st.sampled_from(["present", "borderline"]),
        "stance:town": st.sampled_from(["against", "favour"]),
    },
)
LINES = st.builds(
    Line,
    passage_id=st.sampled_from([A, B]),
    answers=ANSWERS,
    codebook_version=st.sampled_from(["1", "2"]),
    coded_at=st.sampled_from([None, "2026-11-01T10:00:00Z", "2026-11-02T10:00:00Z"]),
)


@pytest.mark.slow
@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(LINES, max_size=8))
def test_after_any_history_nothing_contradicts_and_the_last_untimed_answer_stands(
    tmp_path_factory: pytest.TempPathFactory, small_codebook: Codebook, history: list[Line]
) -> None:
    folder = tmp_path_factory.mktemp("annotations")
    for line in history:
        importing.add([line], folder, "anna", small_codebook, supersede=True)
        before = (folder / "anna.jsonl").read_bytes()
        again = importing.add([line], folder, "anna", small_codebook, supersede=True)
        assert again.unchanged == 1
        assert (folder / "anna.jsonl").read_bytes() == before
        now = standing(folder, small_codebook, line.passage_id)
        if line.coded_at is None:
            assert now == {name: line.answer(name) for name in NAMES}


@pytest.mark.slow
def test_two_imports_of_one_coder_at_once_lose_nothing(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    """Half of the answers was gone when two processes read, changed and wrote the same file."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pipeline import codebook\n"
        "from pipeline.annotation import importing\n"
        "from pipeline.annotation.lines import Line\n"
        "from tests.conftest import SMALL_CODEBOOK\n"
        "book = codebook.parse(SMALL_CODEBOOK, 'small')\n"
        "first, folder = int(sys.argv[1]), Path(sys.argv[2])\n"
        "for i in range(first, first + 20):\n"
        "    importing.add([Line(f'{i:016x}', {}, '1')], folder, 'anna', book)\n"
    )
    folder = tmp_path / "annotations"
    commands = [[sys.executable, "-c", script, first, str(folder)] for first in ("0", "1000")]
    running = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for command in commands]
    assert [process.wait(120) for process in running] == [0, 0]
    assert len(stored(folder)) == 40


def test_evidence_given_later_is_taken_in_by_the_next_import(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    first = Line(A, {"rain": "present", "wind": "present"}, "1", coded_at="2026-11-24T10:00:00Z")
    importing.add([first], tmp_path, "anna", small_codebook)
    later = replace(first, evidence={"rain": "it pours"})
    result = importing.add([later], tmp_path, "anna", small_codebook)
    assert (result.amended, result.unchanged, result.differences) == (1, 0, ())
    standing = coded.current(stored(tmp_path), small_codebook)
    assert [line.evidence for line in standing["rain"]] == [{"rain": "it pours"}]
    assert [line.answer("wind") for line in standing["wind"]] == ["present"]
    assert importing.add([later], tmp_path, "anna", small_codebook).unchanged == 1
    assert importing.add([first], tmp_path, "anna", small_codebook).unchanged == 1
    assert len(stored(tmp_path)) == 2


def test_a_note_given_later_is_taken_in_and_drops_no_evidence(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    first = Line(A, {"rain": "present"}, "1", evidence={"rain": "it pours"})
    importing.add([first], tmp_path, "anna", small_codebook)
    result = importing.add(
        [replace(first, evidence={}, note="drizzle?")], tmp_path, "anna", small_codebook
    )
    assert result.amended == 1
    standing = coded.current(stored(tmp_path), small_codebook)
    assert {q: [(x.note, x.evidence) for x in lines] for q, lines in standing.items()} == {
        key: [("drizzle?", {"rain": "it pours"})] for key in ("rain", "wind", "stance:town")
    }


def test_what_a_coder_changed_later_on_the_same_page_is_taken_in(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    first = Line(A, {"rain": "present"}, "1", coded_at="2026-11-24T10:00:00Z",
                 source="page 0123456789ab")  # fmt: skip
    later = replace(
        first, answers={"rain": "present", "wind": "present"}, coded_at="2026-11-24T11:00:00Z",
        source="page 0123456789ab, practice 9/12",
    )  # fmt: skip
    importing.add([first], tmp_path, "anna", small_codebook)
    result = importing.add([later], tmp_path, "anna", small_codebook)
    assert (result.superseded, result.held_back) == (1, 0)
    assert result.differences == (Difference(A, "wind", "absent", "present"),)
    assert standing(tmp_path, small_codebook)["wind"] == "present"
    # The older file again, or another page's answer, changes nothing.
    assert importing.add([first], tmp_path, "anna", small_codebook).unchanged == 1
    other = replace(first, source="page ffffffffffff", coded_at="2026-11-25T10:00:00Z")
    assert importing.add([other], tmp_path, "anna", small_codebook).held_back == 1
    assert standing(tmp_path, small_codebook)["wind"] == "present"


def test_of_several_files_the_later_answer_has_the_last_word(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    early = Line(A, {}, "1", coded_at="2026-11-24T10:00:00Z", source="page 0")
    late = replace(early, answers={"rain": "present"}, coded_at="2026-11-24T11:00:00Z")
    files = [Returned({"anna": [late]}), Returned({"anna": [early], "boris": [early]})]
    found = together(files)
    assert found.lines == {"anna": [early, late], "boris": [early]}
    importing.add(found.lines["anna"], tmp_path, "anna", small_codebook)
    assert standing(tmp_path, small_codebook)["rain"] == "present"


def test_a_coder_without_an_entry_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "coders.yaml"
    known = {"anna": Coder("anna", "person", "A student.")}
    assert entry_missing("anna", known, path) is None
    assert "boris has no entry yet; add the line `boris:" in str(
        entry_missing("boris", known, path)
    )
