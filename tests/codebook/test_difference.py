"""`codebook diff` says what changed, what it does to earlier answers, and what is not dated."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import codebook as codebooks
from pipeline.annotation import staleness
from pipeline.codebook.difference import Difference, difference, rendered
from tests.conftest import SMALL_CODEBOOK, Rhetoric

OLD = SMALL_CODEBOOK.decode().replace('version: "1"', 'version: "1.0"')
SNOW = """\
  - code: snow
    name: {en: Snow}
    definition: It snows.
    present_when: [flakes fall]
    not_when: [a name]
"""


def compared(*changes: tuple[str, str], version: str = "1.1") -> Difference:
    new = OLD.replace('version: "1.0"', f'version: "{version}"')
    for before, after in changes:
        assert before in new
        new = new.replace(before, after, 1)
    books = [codebooks.parse(text.encode(), "x.yaml") for text in (OLD, new)]
    return difference(*books)


def test_the_same_file_has_no_difference() -> None:
    book = codebooks.parse(OLD.encode(), "x.yaml")
    assert difference(book, book) == Difference("1.0", "1.0")
    assert "no difference" in rendered(difference(book, book))


def test_a_rule_that_is_dated_makes_its_answers_stale() -> None:
    found = compared(("    definition: It rains.", '    since: "1.1"\n    definition: It pours.'))
    (change,) = found.changes
    assert (change.where, change.what) == ("rain", "definition changed")
    assert (change.removed, change.added) == (("It rains.",), ("It pours.",))
    assert found.stale == {"rain": {"rule": "1.1"}}
    assert found.void == frozenset()
    assert found.undeclared == []
    assert "rain: stale (rule changed in 1.1); they still count" in rendered(found)


def test_a_first_number_that_rises_makes_them_void_as_the_labels_see_it() -> None:
    change = ("    definition: It rains.", '    since: "2.0"\n    definition: It pours.')
    found = compared(change, version="2.0")
    new = OLD.replace('version: "1.0"', 'version: "2.0"').replace(*change)
    book = codebooks.parse(new.encode(), "x.yaml")
    assert found.void == staleness.void_questions("1.0", book) == {"rain"}


@pytest.mark.parametrize(
    ("change", "version", "expected"),
    [
        (("It rains.", "It pours."), "1.1", "rain: definition changed, and its answers stand"),
        (("targets:", f"{SNOW}targets:"), "1.1", "snow: is new and has no `added`"),
        (("air moves", "much air moves"), "1.0", "both files say version 1.0"),
        (("unit: a paragraph", "unit: a sentence"), "1.1", "unit: how passages are read changed"),
        (("tone:", "rulings: [{code: wet, text: Wet counts., applies_to: [rain]}]\ntone:"),
         "1.1", "ruling wet: is new or changed, and answers stand"),
        (("It rains.", "It pours."), "0.9", "0.9 is the earlier version"),
    ],
)  # fmt: skip
def test_what_the_new_file_does_not_say_is_named(
    change: tuple[str, str], version: str, expected: str
) -> None:
    assert any(expected in line for line in compared(change, version=version).undeclared)


@pytest.mark.parametrize(
    "change",
    [
        ("{en: Wind}", "{en: A wind}"),
        ("[wind, gale*]", "[wind, gale*, storm]"),
        ("tone:", 'rulings: [{code: w, text: W., applies_to: [rain], since: "1.1"}]\ntone:'),
        ("targets:", SNOW.replace("    name", '    added: "1.1"\n    name') + "targets:"),
    ],
)
def test_what_is_dated_or_decides_nothing_is_in_order(change: tuple[str, str]) -> None:
    found = compared(change)
    assert len(found.changes) == 1
    assert found.undeclared == []


def test_a_question_that_is_gone_is_named() -> None:
    wind = OLD[OLD.index("  - code: wind") : OLD.index("targets:")]
    found = compared((wind, ""))
    assert [(c.where, c.what) for c in found.changes] == [("wind", "question removed")]
    assert found.undeclared[0].startswith("wind: is gone")


def test_the_command_counts_the_stale_answers_in_labels(rhetoric: Rhetoric) -> None:
    """Two coders answered all questions on 224 passages; one rule is dated later."""
    text = SMALL_CODEBOOK.decode()
    new = text.replace('version: "1"', 'version: "1.1"').replace(
        "    definition: It rains.", '    since: "1.1"\n    definition: It pours.'
    )
    Path("new.yaml").write_text(new, encoding="utf-8")
    code, out, _ = rhetoric("codebook", "diff", "labels/codebook.yaml", "new.yaml")
    assert code == 0
    assert "one 224 on 224 passages, two 224 on 224 passages" in out
