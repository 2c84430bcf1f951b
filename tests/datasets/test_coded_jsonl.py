from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.codebook import Codebook, parse
from pipeline.datasets import coded_jsonl
from pipeline.errors import InputError
from pipeline.text.passage_id import passage_id

BOOK = """
version: "1"
title: t
unit: u
frames:
  - {code: alpha, name: {en: Alpha}, definition: d, present_when: [a], not_when: [b]}
  - {code: beta, name: {en: Beta}, definition: d, present_when: [a], not_when: [b]}
targets:
  - {code: west, name: {en: West}, definition: d, present_when: [a], not_when: [b]}
"""


def book() -> Codebook:
    return parse(BOOK.encode(), "made up")


def written(tmp_path: Path, *lines: Any) -> Path:
    path = tmp_path / "coded (1).jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def test_answers_become_rows_and_missing_codes_were_not_asked(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "id": "one",
            "language": "ru",
            "source": "sample",
            "text": " A \u200btext. ",
            "opening": "Opens.",
            "before": "Before.",
            "frames": {"alpha": "present", "beta": "borderline"},
            "stance": {"west": "favour"},
        },
        "",
        {"text": "Another text.", "frames": {"alpha": "absent"}, "stance": {"west": "contested"}},
        {"text": "Third.", "frames": {"beta": "cannot_say"}},
    )
    coded = coded_jsonl.read(path, book())
    assert coded.answers.tolist() == [
        ["present", "borderline", "favour"],
        ["absent", "", "contested"],
        ["", "", ""],
    ]
    # alpha, beta, west against, neutral, favour
    assert coded.soft.tolist() == [[1, 0.5, 0, 0, 1], [0] * 5, [0] * 5]
    assert coded.asked.tolist() == [[True] * 5, [True] + [False] * 4, [False] * 5]
    first, second, _ = coded.passages.to_dicts()
    assert (first["text"], first["language"], first["source"]) == ("A text.", "ru", "sample")
    assert first["passage_id"] == passage_id("A text.", "Opens.", "Before.")
    assert (second["language"], second["post_id"], second["opening"]) == ("und", "line 3", "")


def test_paragraphs_with_the_same_opening_are_one_family(tmp_path: Path) -> None:
    opening = "The post begins here. " * 20
    path = written(
        tmp_path,
        {"text": opening, "frames": {"alpha": "absent"}},
        {"text": "Its second.", "opening": opening[:200], "frames": {"alpha": "absent"}},
        {"text": "Of another post.", "opening": "Else.", "frames": {"alpha": "absent"}},
    )
    families = coded_jsonl.read(path, book()).passages["family"].to_list()
    assert families[0] == families[1] != families[2]


def test_a_repeated_passage_counts_twice(tmp_path: Path) -> None:
    line = {"text": "Same.", "frames": {"alpha": "present"}}
    ids = coded_jsonl.read(written(tmp_path, line, line), book()).passages["passage_id"].to_list()
    assert ids == [passage_id("Same."), passage_id("Same.") + "#2"]


GOOD = {"text": "Fine.", "frames": {"alpha": "present"}}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not JSON"),
        ('{"text": ' + "[" * 100_000, "nested too deeply"),
        ('{"text": "x", "id": ' + "1" * 5000 + "}", "a number with 5000 digits"),
        ([1], "expected an object"),
        ({"frames": {"alpha": "present"}}, "`text` is missing"),
        ({"text": "x", "frames": {"alfa": "present"}}, "did you mean 'alpha'"),
        ({"text": "x", "stance": {"wets": "against"}}, "did you mean 'west'"),
        ({"text": "x", "frames": {"alpha": "presnt"}}, "did you mean 'present'"),
        ({"text": "x", "stance": {"west": "present"}}, "unknown answer 'present'"),
        ({"text": "x", "frames": {"alpha": True}}, "must map codes to answers"),
        ({"text": "x", "frames": ["alpha"]}, "must map codes to answers"),
        ({"text": "x", "opening": ["y"], "frames": {}}, "`opening` must be text"),
    ],
)
def test_an_invalid_line_is_refused_with_file_and_line(
    tmp_path: Path, line: Any, complaint: str
) -> None:
    path = written(tmp_path, GOOD, line)
    with pytest.raises(InputError) as caught:
        coded_jsonl.read(path, book())
    assert str(caught.value).startswith(f"{path}:2: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_lone_surrogate_becomes_the_replacement_character(tmp_path: Path) -> None:
    coded = coded_jsonl.read(written(tmp_path, GOOD | {"text": "Fine \ud800."}), book())
    assert coded.passages["text"].to_list() == ["Fine \ufffd."]


def test_files_without_codes_are_refused(tmp_path: Path) -> None:
    for lines, complaint in (([""], "no coded passage"), ([{"text": "x"}], "nothing is coded")):
        with pytest.raises(InputError, match=complaint):
            coded_jsonl.read(written(tmp_path, *lines), book())
    with pytest.raises(InputError, match="cannot be read"):
        coded_jsonl.read(tmp_path / "missing.jsonl", book())
    (tmp_path / "latin.jsonl").write_bytes(b'{"text": "\xe9"}')
    with pytest.raises(InputError, match="not UTF-8"):
        coded_jsonl.read(tmp_path / "latin.jsonl", book())


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    path = tmp_path / "coded.jsonl"
    line = '{"text": "one\u2028two", "frames": {"alpha": "present"}}'
    path.write_text("\ufeff" + line + "\r\n", encoding="utf-8")
    coded = coded_jsonl.read(path, book())
    assert coded.passages["text"].to_list() == ["one two"]
    assert np.array_equal(coded.answers, [["present", "", ""]])
