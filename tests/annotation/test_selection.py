"""Whose answers are looked at, and whose count."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation import kinds
from pipeline.annotation.adjudication import majority
from pipeline.annotation.agreement import measure
from pipeline.annotation.coders import Coder
from pipeline.annotation.selection import Selection, moment, select, voting
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from tests.annotation.conftest import SCHEMA, coded_by

PEOPLE = ["anna", "boris"]
CODERS = {
    name: Coder(name, "person" if name in PEOPLE else "language_model", "A test.")
    for name in (*PEOPLE, "lm_a", "lm_b")
}


def said(*rows: tuple[str, str, str], question: str = "rain", **more: object) -> pl.DataFrame:
    """Rows of coder, passage, answer."""
    found = [
        dict.fromkeys(SCHEMA)
        | {"coder": coder, "passage_id": passage, "question": question, "answer": answer,
           "codebook_version": "1"} | more
        for coder, passage, answer in rows
    ]  # fmt: skip
    return pl.DataFrame(found, schema=SCHEMA)


def whose(table: pl.DataFrame) -> list[str]:
    return sorted(table["coder"].unique())


ALL = said(("anna", "a", "present"), ("boris", "b", "absent"), ("lm_a", "a", "absent"),
           ("lm_b", "a", "absent"), ("lm_a", "c", "present"))  # fmt: skip


def test_people_are_looked_at_alone_where_there_are_any() -> None:
    kept, told = select(ALL, CODERS, Selection())
    assert whose(kept) == PEOPLE
    assert told.startswith("answers of anna, boris; left out: lm_a, lm_b")
    models = ALL.filter(pl.col("coder").is_in(["lm_a", "lm_b"]))
    assert whose(select(models, CODERS, Selection())[0]) == ["lm_a", "lm_b"]


def test_coders_kinds_queues_and_periods_are_chosen() -> None:
    assert whose(select(ALL, CODERS, Selection(coders=("anna", "lm_a")))[0]) == ["anna", "lm_a"]
    assert whose(select(ALL, CODERS, Selection(kinds=("language_model",)))[0]) == ["lm_a", "lm_b"]
    queue = Selection(passages=frozenset("c"))
    assert whose(select(ALL, CODERS, queue)[0]) == ["lm_a"]  # no person is left there
    times = pl.concat(
        said(("anna", p, "present"), coded_at=datetime(2026, 1, day, tzinfo=UTC))
        for p, day in (("a", 1), ("b", 2), ("c", 3))
    )
    period = Selection(since=moment("2026-01-02", "--since"), until=moment("2026-01-03", "--until"))
    assert select(times, CODERS, period)[0]["passage_id"].to_list() == ["b"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Selection(coders=("ana",)), "--coder ana: no answers; did you mean 'anna'?"),
        (Selection(kinds=("persons",)), "--kind persons: unknown; did you mean 'person'?"),
        (Selection(kinds=("rule",)), "no answers match"),
    ],
)
def test_what_names_nobody_is_refused(wanted: Selection, message: str) -> None:
    with pytest.raises(InputError) as refused:
        select(ALL, CODERS, wanted)
    assert message in str(refused.value)


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"--since '24\.11'"):
        moment("24.11", "--since")


def test_models_never_outvote_a_person_unasked(small_codebook: Codebook) -> None:
    def label(votes: str, passage: str) -> str:
        labels = majority(voting(ALL, PEOPLE, votes), small_codebook)
        return str(labels.filter(passage_id=passage)["answer"].item())

    assert (label("people_first", "a"), label("all", "a")) == ("present", "absent")
    assert label("people_first", "c") == "present"  # only a model answered


def test_a_person_who_cannot_say_leaves_the_question_to_the_others() -> None:
    table = said(("anna", "a", "cannot_say"), ("lm_a", "a", "present"))
    assert whose(voting(table, PEOPLE, "people_first")) == ["anna", "lm_a"]


def test_what_the_lead_settles_leaves_nobody_out() -> None:
    lead = said(("anna", "a", "present"), source="adjudication page 0")
    table = pl.concat([lead, said(("lm_a", "a", "absent"), ("lm_b", "a", "absent"))])
    assert whose(voting(table, PEOPLE, "people_first")) == ["anna", "lm_a", "lm_b"]


@given(st.lists(st.tuples(st.sampled_from([*CODERS]), st.sampled_from("abc"),
                          st.sampled_from(["present", "absent", "cannot_say"])),
                unique_by=lambda row: row[:2]), st.randoms())  # fmt: skip
def test_no_answer_of_a_model_stands_beside_a_persons(
    rows: list[tuple[str, str, str]], order: object
) -> None:
    kept = voting(said(*rows), PEOPLE, "people_first")
    for passage in "abc":
        own = kept.filter(passage_id=passage)
        answered = own.filter(pl.col("coder").is_in(PEOPLE), pl.col("answer") != "cannot_say")
        assert answered.is_empty() or set(own["coder"]) <= set(PEOPLE)
    # Nobody's answers vanish from a passage altogether.
    assert set(kept["passage_id"]) == {passage for _, passage, _ in rows}


def test_across_kinds_with_one_coder_each_is_krippendorffs_alpha(small_codebook: Codebook) -> None:
    answers = ["present", "absent", "borderline", "absent", "present", "absent"]
    others = ["present", "absent", "present", "absent", "absent", "absent"]
    keys = "abcdef"
    table = pl.concat(
        said(*zip([coder] * 6, keys, given, strict=True))
        for coder, given in (("anna", answers), ("lm_a", others))
    )
    (found,) = kinds.compare(table, CODERS, small_codebook, samples=10)
    units = {
        (k, "rain"): pair for k, pair in zip(keys, zip(answers, others, strict=True), strict=True)
    }
    (expected,) = measure(coded_by(units), small_codebook, samples=10).questions
    assert found.across.alpha.point == pytest.approx(expected.alpha.point)
    assert (found.across.units, found.people.units, found.models.units) == (6, 0, 0)


def test_people_who_agree_among_themselves_and_models_among_themselves_may_differ(
    small_codebook: Codebook,
) -> None:
    rows = []
    for i in range(20):
        own, models = ("present", "absent") if i % 2 else ("absent", "present")
        rows += [("anna", f"p{i}", own), ("boris", f"p{i}", own)]
        rows += [("lm_a", f"p{i}", models), ("lm_b", f"p{i}", models)]
    (found,) = kinds.compare(said(*rows), CODERS, small_codebook, samples=10)
    assert found.people.alpha.point == found.models.alpha.point == 1.0
    # Every pair differs. n = 40 values, 20 of each: 1 - 39 * 40 / (2 * 20 * 20).
    assert found.across.alpha.point == pytest.approx(1 - 39 * 40 / 800)
