"""The review of agreement: what it counts, what it advises; strangers' words stay words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from selectolax.lexbor import LexborHTMLParser

from pipeline import codebook as codebooks
from pipeline.annotation.agreement import measure
from pipeline.annotation.coders import Coder
from pipeline.annotation.review import render
from pipeline.annotation.review.advice import advice
from pipeline.annotation.review.disputed import most_disputed
from pipeline.annotation.review.pace import drift, pace
from pipeline.annotation.review.pairs import pairs_of_coders, side_by_side
from pipeline.codebook import Codebook
from tests.annotation.conftest import SCHEMA, coded_by
from tests.conftest import SMALL_CODEBOOK

TEXT_COLUMNS = {
    "passage_id": pl.String,
    "text": pl.String,
    "before": pl.String,
    "language": pl.String,
}
ATTACK = "</script><img src=x onerror=alert(1)>"


def texts(**words: str) -> pl.DataFrame:
    rows = [{"passage_id": k, "text": v, "before": "", "language": "en"} for k, v in words.items()]
    return pl.DataFrame(rows, schema=TEXT_COLUMNS)


def timed(coder: str, seconds: Sequence[float], answers: Mapping[int, str]) -> pl.DataFrame:
    """One coder's answers about rain, passage after passage at these moments."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        dict.fromkeys(SCHEMA)
        | {"passage_id": f"p{i:03d}", "coder": coder, "question": "rain",
           "answer": answers.get(i, "present"), "codebook_version": "1",
           "coded_at": begin + timedelta(seconds=at)}
        for i, at in enumerate(seconds)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA)


def test_two_coders_are_counted_answer_by_answer(small_codebook: Codebook) -> None:
    table = coded_by(
        {("a", "rain"): ["present", "present"], ("b", "rain"): ["present", "absent"],
         ("c", "rain"): ["absent", "absent"], ("d", "rain"): ["borderline", "present"],
         ("e", "rain"): ["present"], ("f", "rain"): ["cannot_say", "present"]}
    )  # fmt: skip
    (pair,) = pairs_of_coders(table, side_by_side(table), small_codebook)
    assert (pair.first, pair.second, pair.passages) == ("c0", "c1", 4)
    # Of a, b, d, where either marked something, they are alike on a.
    assert pair.alike == pytest.approx(1 / 3)
    rain = pair.confusions[0]
    # Rows and columns: absent, borderline, present.
    assert rain.counts == ((1, 0, 0), (0, 0, 1), (1, 0, 1))
    assert rain.differences == 2


def with_rulings(*rulings: str) -> Codebook:
    lines = "".join(f"  - {ruling}\n" for ruling in rulings)
    return codebooks.parse(SMALL_CODEBOOK + f"rulings:\n{lines}".encode(), "small.yaml")


def advised(table: pl.DataFrame, codebook: Codebook) -> dict[str, tuple[int, ...]]:
    pairs = side_by_side(table)
    found = advice(pairs, measure(table, codebook, samples=10), drift(table, pairs), codebook)
    return {item.text: item.rulings for item in found}


def test_frames_that_change_places_are_named_with_the_ruling_on_both() -> None:
    book = with_rulings(
        "{code: storm, text: Both., applies_to: [rain, wind]}",
        "{code: drizzle, text: Rain., applies_to: [rain]}",
    )
    answers: dict[tuple[str, str], list[str]] = {}
    for i in range(20):
        # In six of twenty one sees rain where the other sees wind; in four they differ on rain.
        answers[f"p{i:02d}", "rain"] = ["present", "absent" if i < 10 else "present"]
        answers[f"p{i:02d}", "wind"] = ["absent", "present" if i < 6 else "absent"]
    found = advised(coded_by(answers), book)
    assert found[
        "Rain and Wind are confused in 6 of the 10 passages on which coders differ about either"
    ] == (1,)
    boundary = (
        "Rain: 10 of 10 differences are between absent and present: "
        "coders miss it or apply another rule"
    )
    assert found[boundary] == (1, 2)
    # Ten to nothing is no chance: p = 2 / 2^10.
    assert any(text.startswith("c0 marks significantly more than c1") for text in found)


def test_two_frames_without_a_common_ruling_want_one(small_codebook: Codebook) -> None:
    answers: dict[tuple[str, str], list[str]] = {}
    for i in range(5):
        answers[f"p{i}", "rain"] = ["present", "absent"]
        answers[f"p{i}", "wind"] = ["absent", "borderline"]
    found = advised(coded_by(answers), small_codebook)
    assert any("write one" in text and "5 of the 5" in text for text in found)


def test_a_few_differences_are_no_pattern(small_codebook: Codebook) -> None:
    answers = {(f"p{i}", "rain"): ["present", "present"] for i in range(40)}
    answers |= {("x", "rain"): ["present", "absent"], ("y", "rain"): ["absent", "present"]}
    answers |= {(f"n{i}", "rain"): ["absent", "absent"] for i in range(40)}
    assert advised(coded_by(answers), small_codebook) == {}


def test_a_coder_whose_agreement_falls_is_told_of() -> None:
    seconds = [30.0 * i for i in range(160)]
    anna = timed("anna", seconds, {})
    boris = timed("boris", seconds, dict.fromkeys(range(80, 160), "absent"))
    table = pl.concat([anna, boris])
    parts = drift(table, side_by_side(table))
    own = [part.alike for part in parts if part.coder == "boris"]
    assert own == [1.0] * 4 + [0.0] * 4
    book = codebooks.parse(SMALL_CODEBOOK, "small.yaml")
    assert any("boris: agreement" in text and "fell from 1.00 to 0.00" in text
               for text in advised(table, book))  # fmt: skip


def test_answers_without_times_of_their_own_have_no_order_and_no_speed() -> None:
    table = pl.concat([timed(c, [0.0] * 100, {}) for c in ("anna", "boris")])
    assert drift(table, side_by_side(table)) == []
    assert [p.median for p in pace(table)] == [None, None]


def test_speed_leaves_pauses_out() -> None:
    # Gaps of 10, 20, 30 and, over lunch, 3,600 seconds.
    (found,) = pace(timed("anna", [0, 10, 30, 60, 3660], {}))
    assert (found.median, found.timed, found.passages) == (20.0, 3, 5)


def test_the_most_disputed_come_first(small_codebook: Codebook) -> None:
    table = coded_by(
        {("a", "rain"): ["present", "absent"], ("b", "rain"): ["present", "absent"],
         ("b", "stance:town"): ["against", "favour"], ("c", "rain"): ["absent", "absent"]}
    )  # fmt: skip
    found = most_disputed(table, side_by_side(table), texts(a="It rained."), small_codebook)
    assert [(d.passage_id, d.text, [name for name, _ in d.questions]) for d in found] == [
        ("b", "", ["Rain", "Town"]), ("a", "It rained.", ["Rain"])
    ]  # fmt: skip


def test_hostile_words_stay_words() -> None:
    table = coded_by({("a", "rain"): ["present", "absent"], ("b", "rain"): ["absent", "absent"]})
    table = table.with_columns(note=pl.lit(ATTACK), evidence=pl.lit(ATTACK))
    book = with_rulings(f'{{code: r, text: "{ATTACK}", applies_to: [rain]}}')
    coder = {name: Coder(name, "person", ATTACK) for name in ("c0", "c1")}
    page = render(table, texts(a=ATTACK), book, coder)
    document = LexborHTMLParser(page)
    assert document.css("script, img, iframe, link") == []
    policy = document.css_first("meta[http-equiv]")
    assert policy is not None
    assert str(policy.attributes["content"]).startswith("default-src 'none'")
    body = document.body
    assert body is not None
    assert body.text().count(ATTACK) >= 4


def test_one_coder_alone_gets_a_page_that_says_so(small_codebook: Codebook) -> None:
    page = render(coded_by({("a", "rain"): ["present"]}), texts(), small_codebook, {})
    assert "No passage has been answered by two coders yet" in page
