from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.annotation import lines as coded
from pipeline.annotation import texts as passages
from pipeline.annotation.lines import Line
from pipeline.annotation.texts import Text
from pipeline.errors import InputError

WORDS = st.text(min_size=1).filter(lambda word: word.strip() != "")
LINES = st.builds(
    Line,
    passage_id=WORDS,
    answers=st.dictionaries(st.text(), WORDS, max_size=3),
    codebook_version=WORDS,
    asked=st.none() | st.lists(WORDS, min_size=1, max_size=3).map(tuple),
    coded_at=st.none() | WORDS,
    source=st.none() | WORDS,
    note=st.none() | WORDS,
    evidence=st.dictionaries(st.text(), WORDS, max_size=2),
    supersedes=st.lists(WORDS, max_size=2).map(tuple),
)


@given(LINES)
def test_a_line_comes_back_as_it_was(line: Line) -> None:
    assert coded.parse(line.to_json()) == line
    assert "\n" not in line.to_json()


@settings(deadline=None, max_examples=20)
@given(st.lists(LINES, max_size=4))
def test_a_file_comes_back_sorted_by_passage(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Line]
) -> None:
    path = tmp_path_factory.mktemp("annotations") / "anna.jsonl"
    coded.write(path, lines)
    assert coded.read(path) == sorted(lines, key=lambda line: line.passage_id)


@given(
    st.builds(Text, passage_id=WORDS, text=st.just("It rains."), language=st.just("en"),
              voice=WORDS, genre=WORDS, post=WORDS, position=st.integers(0, 99),
              opening=st.text(), before=st.text(), group=st.none() | WORDS)
)  # fmt: skip
def test_a_text_comes_back_as_it_was(text: Text) -> None:
    assert passages.parse(text.to_json()) == text


def test_the_digest_follows_what_was_said_and_nothing_else() -> None:
    line = Line("a" * 16, {"rain": "present"}, "1", source="sheet", note="sure")
    assert replace(line, source="page", note=None).digest == line.digest
    said = [{"answers": {}}, {"asked": ("rain",)}, {"codebook_version": "2"},
            {"coded_at": "2026-11-24"}, {"supersedes": ("123456abcdef",)}]  # fmt: skip
    digests = {replace(line, **change).digest for change in said}  # type: ignore[arg-type]
    assert len(digests | {line.digest}) == 6


def test_line_separators_inside_a_note_do_not_end_the_line(tmp_path: Path) -> None:
    line = Line("a" * 16, {}, "1", note="one\u2028two\x85three")
    coded.write(tmp_path / "anna.jsonl", [line])
    assert coded.read(tmp_path / "anna.jsonl") == [line]


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    line = Line("a" * 16, {}, "1")
    path = tmp_path / "anna.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + line.to_json().encode() + b"\r\n\r\n")
    assert coded.read(path) == [line]


def test_a_damaged_line_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "anna.jsonl"
    path.write_text("\n\n{}\n")
    with pytest.raises(
        InputError, match=r"anna\.jsonl:3: missing passage_id, asked, answers, codebook"
    ):
        coded.read(path)
