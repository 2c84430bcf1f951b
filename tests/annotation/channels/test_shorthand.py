from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import codebook as codebooks
from pipeline.annotation.channels import shorthand
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook, Rule
from pipeline.errors import InputError
from pipeline.text.passage_id import passage_id

SHIPPED = Path(__file__).parents[3] / "labels" / "codebook.yaml"


def row(text: str, opening: str = "", before: str = "") -> dict[str, Any]:
    key = passage_id(text, opening, before)
    return {"passage_id": key, "text": text, "opening": opening, "before": before}


ROWS = [row("The first."), row("The second.", "The first."), row("The third.", "The first.")]


def answers(folder: Path, codebook: Codebook, content: str) -> list[Line]:
    """The answers to a sheet of ROWS."""
    shorthand.write_sheet(ROWS, folder / "sheet.txt", codebook)
    (folder / "answers.txt").write_text(content, encoding="utf-8")
    return shorthand.read_answers(folder / "answers.txt", folder / "sheet.txt", codebook)


def refusal(folder: Path, codebook: Codebook, content: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        answers(folder, codebook, content)
    return str(caught.value).replace(str(folder) + "/", "").splitlines()


def test_the_shipped_codebook_has_the_codes_of_the_instructions() -> None:
    codes = shorthand.codes(codebooks.load(SHIPPED))
    assert " ".join(codes) == "mu aw so il ac in wa hi we us eu na uk un gs nb ru"
    instructions = (SHIPPED.parent / "CODING.md").read_text(encoding="utf-8")
    for code, question in codes.items():
        assert f"| {code} | {question.rule.code} |" in instructions


def test_codes_are_derived_where_the_codebook_gives_none(small_codebook: Codebook) -> None:
    # A rule's own short goes first; two words give initials, one word its first two letters;
    # what is taken moves on to the next pair of letters (rain: ra, ri).
    shorts = [("rain", ""), ("red_apple", ""), ("old_ship", "ra")]
    frames = tuple(
        replace(small_codebook.frames[0], code=code, short=short) for code, short in shorts
    )
    codebook = replace(small_codebook, frames=frames, targets=())
    derived = {code: question.name for code, question in shorthand.codes(codebook).items()}
    assert derived == {"ri": "rain", "re": "red_apple", "ra": "old_ship"}


@pytest.mark.slow
@given(st.lists(st.from_regex(r"[a-z]{3,8}(_[a-z]{2,6}){0,2}", fullmatch=True), unique=True,
                min_size=1, max_size=20))  # fmt: skip
def test_codes_are_unique_pairs_of_letters_or_refused(names: list[str]) -> None:
    rules = tuple(Rule(name, {"en": name}, "d", ("p",), ("n",)) for name in names)
    codebook = Codebook("1", "t", "u", rules, (), (), "d")
    try:
        codes = shorthand.codes(codebook)
    except InputError as error:
        assert "set its `short`" in str(error)
        return
    assert len(codes) == len(names)
    assert all(len(code) == 2 for code in codes)


def test_a_sheet_numbers_passages_and_spells_each_context_out_once(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    shorthand.write_sheet(ROWS, tmp_path / "sheet.txt", small_codebook, first=7)
    lines = (tmp_path / "sheet.txt").read_text(encoding="utf-8").splitlines()
    begin = lines.index(f"=== 7 {ROWS[0]['passage_id']}")
    assert lines[begin + 1 :] == [
        "text: The first.",
        "",
        f"=== 8 {ROWS[1]['passage_id']}",
        "opening: (the text of 7)",
        "text: The second.",
        "",
        f"=== 9 {ROWS[2]['passage_id']}",
        "opening: (the text of 7)",
        "text: The third.",
    ]


def test_a_context_that_stands_nowhere_above_is_spelt_out_then_referred_to(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    rows = [row("Two.", "A lost opening.", "x"), row("Three.", "A lost opening.", "Two.")]
    shorthand.write_sheet(rows, tmp_path / "sheet.txt", small_codebook)
    content = (tmp_path / "sheet.txt").read_text(encoding="utf-8")
    assert content.count("A lost opening.") == 1
    assert "opening: (as in 1)\nbefore: (the text of 1)\ntext: Three." in content


def test_answers_are_read_with_marks_notes_and_any_separator(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    lines = answers(
        tmp_path,
        small_codebook,
        "1 ra wi? | to+  # rain, and the town is praised\n\n2\n3. WI!, to−\n",
    )
    assert [dict(line.answers) for line in lines] == [
        {"rain": "present", "wind": "borderline", "stance:town": "favour"},
        {},
        {"wind": "cannot_say", "stance:town": "against"},
    ]
    assert [line.note for line in lines] == ["rain, and the town is praised", None, None]
    assert [line.passage_id for line in lines] == [r["passage_id"] for r in ROWS]
    assert all(line.asked is None and line.codebook_version == "1" for line in lines)


def test_answers_come_back_in_the_order_of_the_sheet(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    lines = answers(tmp_path, small_codebook, "# mine\n3 ra\n1\n```\n2 wi\n")
    assert [line.passage_id for line in lines] == [r["passage_id"] for r in ROWS]


def test_every_mistake_is_reported_with_its_line(tmp_path: Path, small_codebook: Codebook) -> None:
    content = "1 ra+\n1 to\n2 xx\n2 ra ra?\n3\n3\n9\nhello\n3ra\n"
    assert refusal(tmp_path, small_codebook, content) == [
        "answers.txt:1: 'ra+': rain is a frame and takes no mark, ? or !, found '+'",
        "answers.txt:2: 'to': town is a target and takes + - = or !, found no mark",
        "answers.txt:3: unknown code 'xx'; allowed: ra, to, wi",
        "answers.txt:4: number 2: 'ra' occurs twice",
        "answers.txt:6: the number 3 occurs twice",
        "answers.txt:7: the sheet has no number 9; it has 1-3",
        "answers.txt:8: expected a number and codes, found 'hello'",
        "answers.txt:9: expected a number and codes, found '3ra'",
    ]


def test_missing_numbers_are_listed(tmp_path: Path, small_codebook: Codebook) -> None:
    assert refusal(tmp_path, small_codebook, "2 ra\n") == [
        "answers.txt: 2 of 3 numbers are missing: 1, 3"
    ]
    assert refusal(tmp_path, small_codebook, "") == ["answers.txt: 3 of 3 numbers are missing: 1-3"]


def test_a_sheet_may_ask_some_questions_only(tmp_path: Path, small_codebook: Codebook) -> None:
    asked = {ROWS[1]["passage_id"]: ["wind", "stance:town"]}
    sheet, path = tmp_path / "sheet.txt", tmp_path / "answers.txt"
    shorthand.write_sheet(ROWS, sheet, small_codebook, asked=asked)
    path.write_text("1 ra\n2 wi\n3\n")
    lines = shorthand.read_answers(path, sheet, small_codebook, coded_at="2026-11-24T10:00:00Z")
    assert [line.asked for line in lines] == [None, ("wind", "stance:town"), None]
    assert {line.coded_at for line in lines} == {"2026-11-24T10:00:00Z"}
    path.write_text("1\n2 ra\n3\n")
    with pytest.raises(
        InputError, match=r"answers\.txt:2: number 2: 'ra' was not asked, only wi to"
    ):
        shorthand.read_answers(path, sheet, small_codebook)


def test_answers_keep_the_version_that_the_sheet_was_written_for(
    tmp_path: Path, small_codebook: Codebook
) -> None:
    sheet, path = tmp_path / "sheet.txt", tmp_path / "answers.txt"
    shorthand.write_sheet(ROWS[:1], sheet, small_codebook)
    path.write_text("1 ra\n")
    later = replace(small_codebook, version="2")
    assert shorthand.read_answers(path, sheet, later)[0].codebook_version == "1"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "not a sheet of passages"),
        ("# codebook 1: T\n=== 1 zz\n", "sheet.txt:2: invalid heading '=== 1 zz'"),
        (f"# codebook 1: T\n=== 1 {'0' * 16}\n=== 1 {'1' * 16}\n", "the number 1 occurs twice"),
        (f"# codebook 1: T\n=== 1 {'0' * 16} asked: zz\n", "number 1 asks for unknown 'zz'"),
    ],
)
def test_a_damaged_sheet_is_refused(
    tmp_path: Path, small_codebook: Codebook, content: str, expected: str
) -> None:
    sheet, path = tmp_path / "sheet.txt", tmp_path / "answers.txt"
    sheet.write_text(content)
    path.write_text("1\n")
    with pytest.raises(InputError, match=expected):
        shorthand.read_answers(path, sheet, small_codebook)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.text(min_size=1), st.text(), st.text()), min_size=1, max_size=5))
def test_no_text_can_break_a_sheet(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str, str]]
) -> None:
    codebook = Codebook("1", "t", "u", (Rule("rain", {}, "d", (), ()),), (), (), "d")
    folder = tmp_path_factory.mktemp("sheet")
    rows = [row(*parts) for parts in texts]
    rows.append(row(f"\n=== 1 {'0' * 16}\n"))
    shorthand.write_sheet(rows, folder / "sheet.txt", codebook)
    passages = shorthand.read_sheet(folder / "sheet.txt").passages
    assert [passages[i + 1].passage_id for i in range(len(rows))] == [r["passage_id"] for r in rows]
