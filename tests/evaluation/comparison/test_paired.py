from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import codebook as codebooks
from pipeline.codebook import STANCES, Codebook
from pipeline.errors import InputError
from pipeline.evaluation.comparison import page as comparison_page
from pipeline.evaluation.comparison import table as comparison_table
from pipeline.evaluation.comparison.paired import Comparison, compare, holm
from pipeline.evaluation.comparison.systems import Finished, System, named
from tests.conftest import SMALL_CODEBOOK

pytestmark = pytest.mark.slow

BOOK = codebooks.parse(SMALL_CODEBOOK, "small.yaml")
FRAME, TOWN = ("present", "absent"), (*STANCES, "absent")
# Answers of coders: rain, wind, town.
CODED = [
    ("present", "absent", "against"),
    ("present", "present", "absent"),
    ("absent", "present", "favour"),
    ("absent", "absent", "absent"),
    ("borderline", "present", "neutral"),
    ("present", "absent", "contested"),
]
Rows = Sequence[Sequence[str]]


def finished(
    decisions: Rows,
    *,
    coded: Rows = CODED,
    name: str = "a",
    families: Sequence[str] = (),
    folds: str | None = "folds",
    book: Codebook = BOOK,
) -> Finished:
    """A result with these decisions on rain, wind and town, each with full confidence."""
    rows = []
    for i, (said, answers) in enumerate(zip(decisions, coded, strict=True)):
        for question, decision, answer in zip(BOOK.questions, said, answers, strict=True):
            words = STANCES if question.is_stance else ("present",)
            rows.append(
                {
                    "passage_id": f"p{i}",
                    "question": question.name,
                    "probabilities": [0.9 if decision == word else 0.1 for word in words],
                    "decision": decision,
                    "answer": answer,
                    "soft": [0.0] * len(words),
                    "language": "en",
                    "family": families[i] if families else f"f{i}",
                }
            )
    texts = {f"p{i}": f"<b>text</b> {i}" for i in range(len(decisions))}
    table = pl.DataFrame(rows).sort("passage_id", "question")
    return Finished(name, book, "in-domain", table, folds, texts)


def system(*results: Finished, name: str = "a") -> System:
    return System(name, results)


def compared(mine: Rows, theirs: Rows, coded: Rows = CODED, swaps: int = 200) -> Comparison:
    return compare(
        system(finished(mine, coded=coded)),
        system(finished(theirs, coded=coded, name="b"), name="b"),
        samples=50, confidence=0.9, rng=np.random.default_rng(0), swaps=swaps,
    )  # fmt: skip


decisions = st.lists(
    st.tuples(st.sampled_from(FRAME), st.sampled_from(FRAME), st.sampled_from(TOWN)),
    min_size=len(CODED),
    max_size=len(CODED),
)


@given(decisions, decisions)
def test_swapping_the_systems_flips_signs_and_keeps_p(mine: Rows, theirs: Rows) -> None:
    there, back = compared(mine, theirs, swaps=20), compared(theirs, mine, swaps=20)
    for row, other in zip(
        [*there.headline, *there.questions], [*back.headline, *back.questions], strict=True
    ):
        assert row.difference is not None
        assert other.difference is not None
        assert row.difference == pytest.approx(-other.difference)
        assert row.p == other.p
        assert row.adjusted == other.adjusted
        if row.interval is not None:
            assert other.interval is not None
            assert row.interval.low == pytest.approx(-other.interval.high)
            assert row.interval.high == pytest.approx(-other.interval.low)
    flipped = {"win": "loss", "loss": "win", "both wrong": "both wrong"}
    assert sorted((c.passage_id, c.question, flipped[c.kind]) for c in there.changes) == sorted(
        (c.passage_id, c.question, c.kind) for c in back.changes
    )


@given(decisions)
def test_a_system_does_not_differ_from_itself(mine: Rows) -> None:
    same = compared(mine, mine, swaps=20)
    rows = [*same.headline, *same.questions]
    assert {row.difference for row in rows} == {0.0}
    assert {row.p for row in rows} == {1.0}
    assert {row.interval for row in rows if row.interval is not None} <= {(0.0, 0.0)}
    assert not same.better
    assert same.changes == []


def test_holm_agrees_with_a_worked_example() -> None:
    # Sorted: 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.04; made non-decreasing:
    # 0.04, 0.06, 0.06, 0.06.
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def f1(truth: Sequence[bool], said: Sequence[bool]) -> float:
    hits = sum(t and s for t, s in zip(truth, said, strict=True))
    return 2 * hits / (sum(truth) + sum(said))


def test_the_randomised_p_approximates_that_of_all_exchanges() -> None:
    truth = [True, True, True, True, False, False, True, True]
    first = [False, False, True, True, True, False, False, True]
    second = [True, True, True, False, False, False, True, True]
    found = abs(f1(truth, second) - f1(truth, first))
    # All 2**8 ways of exchanging the two systems' decisions on eight families of one passage.
    as_large = 0
    for swapped in itertools.product([False, True], repeat=len(truth)):
        pairs = list(zip(swapped, first, second, strict=True))
        one, other = ([b if s else a for s, a, b in pairs], [a if s else b for s, a, b in pairs])
        as_large += abs(f1(truth, other) - f1(truth, one)) >= found - 1e-12
    exact = as_large / 2 ** len(truth)

    def rows(frame: Sequence[bool]) -> Rows:
        return [("present" if x else "absent", "absent", "absent") for x in frame]

    row = compared(rows(first), rows(second), coded=rows(truth), swaps=20_000).questions[0]
    assert row.difference == pytest.approx(f1(truth, second) - f1(truth, first))
    assert row.p is not None
    # Its standard error is below 0.0036.
    assert row.p == pytest.approx(exact, abs=0.015)
    assert 0.02 < exact < 0.9


def test_families_are_exchanged_as_a_whole() -> None:
    # One family: nothing or everything is exchanged, and both give the same difference.
    right, wrong = [("present", "absent", "absent")] * 6, [("absent", "absent", "absent")] * 6
    family = ["f"] * 6
    result = compare(
        system(finished(wrong, coded=right, families=family)),
        system(finished(right, coded=right, families=family, name="b"), name="b"),
        samples=20, confidence=0.9, rng=np.random.default_rng(0), swaps=50,
    )  # fmt: skip
    assert result.questions[0].difference == 1.0
    assert result.questions[0].p == 1.0
    assert result.questions[0].interval is None


def test_a_clear_gain_is_called_better_and_shown_in_table_and_page() -> None:
    truth = [("present" if i % 2 else "absent", "absent", "favour") for i in range(40)]
    blind = [("absent", "absent", "absent")] * 40
    result = compared(blind, truth, coded=truth)
    assert result.better
    # rain (20 passages) and the stance toward the town (40) go from 0 to 1; no passage has wind.
    figures = {row.figure: row.difference for row in result.questions}
    assert figures == {"rain": 1.0, "wind": None, "stance:town": 1.0}
    p = {row.figure: (row.p, row.adjusted) for row in result.questions}
    # No difference as large among 200 exchanges: 1 / 201, and twice that for two questions.
    assert p["rain"] == pytest.approx((1 / 201, 2 / 201))
    assert p["wind"] == (None, None)
    table = comparison_table.table(result)
    assert "b is better than a: macro F1 +1.000 [+1.000, +1.000], p = 0.005." in table
    (rain,) = [line for line in table.splitlines() if line.startswith("| rain")]
    assert [cell.strip() for cell in rain.split("|")[1:-1]] == [
        "rain", "0.00", "1.00", "+1.00 [+1.00, +1.00]", "0.005", "0.010", "20", "0", "20",
    ]  # fmt: skip
    page = comparison_page.render([result])
    assert "&lt;b&gt;text&lt;/b&gt; 1" in page
    assert "<b>text" not in page
    assert "http://" not in page and "https://" not in page and "<script" not in page


def test_changes_say_who_was_right_and_leave_borderline_and_contested_out() -> None:
    mine = [["absent", "absent", "favour"], *[list(row) for row in CODED[1:]]]
    theirs = [["present", "present", "neutral"], *[list(row) for row in CODED[1:]]]
    mine[4][0], theirs[4][0] = "present", "absent"  # coders: borderline
    mine[5][2], theirs[5][2] = "against", "absent"  # coders: contested
    changed = compared(mine, theirs).changes
    assert [(c.question, c.kind, c.baseline, c.other, c.answer) for c in changed] == [
        ("rain", "win", "absent", "present", "present"),
        ("wind", "loss", "absent", "present", "absent"),
        ("stance:town", "both wrong", "favour", "neutral", "against"),
    ]
    assert {c.passage_id for c in changed} == {"p0"}


def test_seeds_are_paired_by_their_folds_and_averaged() -> None:
    blind = [("absent", "absent", "absent")] * len(CODED)
    right = [[w if w in (*FRAME, *STANCES) else "absent" for w in row] for row in CODED]
    mine = system(finished(blind, folds="1", name="a1"), finished(right, folds="2", name="a2"))
    theirs = system(
        finished(right, folds="2", name="b2"), finished(right, folds="1", name="b1"), name="b"
    )
    result = compare(
        mine, theirs, samples=50, confidence=0.9, rng=np.random.default_rng(0), swaps=20
    )
    rain = result.questions[0]
    assert (rain.baseline_each, rain.other_each) == ((0.0, 1.0), (1.0, 1.0))
    assert rain.difference == 0.5
    (first,) = [c for c in result.changes if c.question == "rain" and c.passage_id == "p0"]
    assert (first.kind, first.margin) == ("win", 0.5)
    assert (first.baseline, first.other) == ("absent (1 of 2)", "present")


RIGHT = [("present", "absent", "absent")] * 3
OTHER_BOOK = codebooks.parse(SMALL_CODEBOOK.replace(b'"1"', b'"2"'), "other.yaml")


def result_of(name: str, **changes: object) -> Finished:
    return dataclasses.replace(finished(RIGHT, coded=RIGHT, name=name), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (finished(RIGHT, coded=RIGHT, name="b", families=["f0", "f0", "f1"]),
         r"a and b: the near-duplicates and posts among the test passages differ"),
        (result_of("b", codebook=OTHER_BOOK), r"a and b: .*different codebooks \(versions 1 and 2"),
        (result_of("b", domain="gold.jsonl"), r"a and b: .*in-domain and gold\.jsonl"),
        (finished(RIGHT[:2], coded=RIGHT[:2], name="b"),
         r"a and b: evaluated on different test folds: 1 passages only in the first, 0 only in"),
        (finished(RIGHT, coded=CODED[:3], name="b"), r"a and b: the coders' answers .* differ"),
    ],
)  # fmt: skip
def test_results_that_are_not_comparable_are_refused_by_name(other: Finished, message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare(
            system(result_of("a")), system(other, name="b"),
            samples=10, confidence=0.9, rng=np.random.default_rng(0), swaps=10,
        )  # fmt: skip


def test_sets_of_seeds_need_the_same_number_of_seeds_and_different_names() -> None:
    one, rng = result_of("a"), np.random.default_rng(0)
    with pytest.raises(InputError, match="a has 1 result and b 2 results"):
        compare(
            system(one), system(one, one, name="b"), samples=10, confidence=0.9, rng=rng, swaps=9
        )
    with pytest.raises(InputError, match="a: appears twice"):
        compare(system(one), system(one), samples=10, confidence=0.9, rng=rng, swaps=9)


def test_a_word_names_one_run_or_a_set_of_seeds() -> None:
    assert named("runs/1") == ("runs/1", ["runs/1"])
    assert named("A=runs/1, runs/2") == ("A", ["runs/1", "runs/2"])
    with pytest.raises(InputError, match="NAME=RUN,RUN"):
        named("A=")
    with pytest.raises(InputError, match=r"A: runs/1 appears twice"):
        named("A=runs/1,runs/1")


def test_results_with_other_train_and_dev_folds_are_compared_with_a_note() -> None:
    mine, theirs = system(result_of("a")), system(result_of("b", folds="other"), name="b")
    result = compare(
        mine, theirs, samples=10, confidence=0.9, rng=np.random.default_rng(0), swaps=10
    )
    assert not result.same_folds
    assert "train and dev differ" in comparison_table.table(result)
    assert "train and dev differ" in comparison_page.render([result])


def test_parts_of_the_passages_are_compared_and_small_ones_are_marked() -> None:
    coded = [("present", "absent", "absent")] * 25 + [("absent", "present", "absent")] * 24
    wrong = [("absent", "absent", "absent")] * 25 + coded[25:]
    parts = pl.DataFrame(
        {
            "passage_id": [f"p{i}" for i in range(49)] * 2,
            "dimension": ["language"] * 49 + ["voice"] * 49,
            # 25 passages of rain, 24 of wind; a voice with 30, and one with 19.
            "part": ["en"] * 25 + ["ru"] * 24 + ["hers"] * 30 + ["<i>his</i>"] * 19,
        }
    )
    mine = dataclasses.replace(finished(wrong, coded=coded), slices=parts)
    result = compare(
        system(mine), system(finished(coded, coded=coded, name="b"), name="b"),
        samples=50, confidence=0.9, rng=np.random.default_rng(0), swaps=20,
    )  # fmt: skip
    found = {(s.dimension, s.part): (s.passages, s.difference) for s in result.slices}
    assert found == {
        ("language", "en"): (25, 1.0),
        ("language", "ru"): (24, 0.0),
        # Rain is always missed (0 against 1) and wind found, which halves the mean.
        ("voice", "hers"): (30, 0.5),
        ("voice", "<i>his</i>"): (19, None),
    }
    table = comparison_table.table(result)
    assert "too few" in table
    page = comparison_page.render([result])
    assert "fewer than 20 passages" in page
    assert "<i>his" not in page
