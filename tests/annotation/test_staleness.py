"""What a change of the codebook does to the answers that are there."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline import codebook as codebooks
from pipeline.annotation import staleness, store
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from tests.conftest import SMALL_CODEBOOK

A, B = "a" * 16, "b" * 16


def changed(version: str, *, rain: str = "", wind: str = "", ruling: str = "") -> Codebook:
    """The small codebook at a later version, with keys put into its rules."""
    text = SMALL_CODEBOOK.decode().replace('version: "1"', f'version: "{version}"')
    text = text.replace("    definition: It rains.", f"    definition: It rains.\n    {rain}")
    text = text.replace("    definition: It blows.", f"    definition: It blows.\n    {wind}")
    return codebooks.parse((text + ruling).encode(), "small.yaml")


def read(labels: Any, codebook: Codebook) -> dict[str, str]:
    table = store.read(
        texts=labels.texts, annotations=labels.annotations, coders=labels.coders, codebook=codebook
    )
    return dict(table.select("question", "answer").iter_rows())


def test_a_version_without_a_changed_rule_leaves_every_answer_as_it_is(labels: Any) -> None:
    key = labels.write_text("It rained.")
    labels.write_answers("anna", key, {"rain": "present"})
    book = changed("1.1")
    assert labels.problems(book) == []
    assert read(labels, book) == {"rain": "present", "wind": "absent", "stance:town": "absent"}


def test_answers_that_a_changed_rule_made_stale_are_named_and_still_count(labels: Any) -> None:
    keys = sorted(labels.write_text(f"It rained on day {i}.") for i in range(4))
    for key in keys:
        labels.write_answers("anna", key, {"rain": "present"})
    book = changed("1.10", rain='since: "1.2"')
    assert labels.problems(book) == [
        "annotations/anna.jsonl: warning: rain: 4 answers are stale (rule changed in 1.2; they "
        f"still count): {keys[0]}, {keys[1]}, {keys[2]} and 1 more; "
        "ask again with `rhetoric annotate queue --stale --coder anna`"
    ]
    assert read(labels, book)["rain"] == "present"


def test_answers_to_a_question_that_means_something_else_count_no_longer(labels: Any) -> None:
    key = labels.write_text("It rained.")
    labels.write_answers("anna", key, {"rain": "present"})
    book = changed("2.0", rain='since: "2.0"')
    assert "they no longer count" in labels.problems(book)[0]
    assert read(labels, book) == {"wind": "absent", "stance:town": "absent"}


def test_a_question_that_came_in_later_was_not_asked_before(labels: Any) -> None:
    key = labels.write_text("It rained.")
    labels.write_answers("anna", key, {"rain": "present"})
    book = changed("1.1", wind='added: "1.1"')
    assert read(labels, book) == {"rain": "present", "stance:town": "absent"}
    assert staleness.stale([Line(A, {}, "1")], book) == {A: ["wind"]}
    assert staleness.stale([Line(A, {}, "1", asked=("rain",))], book) == {}


def test_a_ruling_makes_stale_what_it_applies_to() -> None:
    ruling = (
        'rulings:\n  - {code: drizzle, text: Counts., applies_to: [rain, town], since: "1.1"}\n'
    )
    book = changed("1.1", ruling=ruling)
    assert staleness.stale([Line(A, {}, "1"), Line(B, {}, "1.1")], book) == {
        A: ["rain", "stance:town"]
    }


def test_an_answer_given_again_is_fresh() -> None:
    book = changed("1.1", rain='since: "1.1"')
    old = Line(A, {"rain": "present"}, "1")
    again = Line(A, {}, "1.1", asked=("rain",), supersedes=(old.digest,))
    assert staleness.stale([old], book) == {A: ["rain"]}
    assert staleness.stale([old, again], book) == {}


@pytest.mark.parametrize(
    ("version", "key", "message"),
    [
        ("1.1", 'since: "1.2"', "later than the codebook's version '1.1'; raise it"),
        ("1.1", "since: 1.1", "expected a version in quotes"),
        ("1.1", 'added: "soon"', "expected a version in quotes"),
        ("draft", 'since: "1.1"', "cannot be compared"),
    ],
)
def test_a_wrong_version_is_refused(version: str, key: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        changed(version, rain=key)


def test_a_ruling_with_cues_makes_stale_only_passages_that_hold_one() -> None:
    ruling = (
        'rulings:\n  - {code: storms, text: Storms are rain., applies_to: [rain], since: "1.2", '
        'cues: {en: ["storm*"]}}\n'
    )
    book = changed("1.2", ruling=ruling)
    old = [Line(A, {}, "1.1"), Line(B, {}, "1.1")]
    texts = {A: "Stormy weather.", B: "Sunshine."}
    assert staleness.stale(old, book, texts) == {A: ["rain"]}
    assert staleness.stale(old, book) == {A: ["rain"], B: ["rain"]}, "without texts all may be"
