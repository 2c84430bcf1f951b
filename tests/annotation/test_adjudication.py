from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.annotation.adjudication import METHODS, dawid_skene, majority, open_questions
from pipeline.annotation.agreement import measure
from pipeline.codebook import Codebook
from pipeline.tables import Labels
from tests.annotation.conftest import coded_by

FRAME = ["present", "borderline", "absent", "cannot_say"]
STANCE = ["against", "neutral", "favour", "absent", "cannot_say"]


def decided(table: pl.DataFrame) -> tuple[str, list[float], int] | None:
    """Answer, soft and coders of the only label."""
    if table.is_empty():
        return None
    ((answer, soft, coders),) = table.select("answer", "soft", "coders").iter_rows()
    return answer, soft, coders


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize(
    ("given_answers", "expected"),
    [
        # One coder's answer counts.
        (["present"], ("present", [1.0], 1)),
        (["borderline"], ("borderline", [0.5], 1)),
        (["absent"], ("absent", [0.0], 1)),
        # cannot_say is no answer.
        (["cannot_say", "present"], ("present", [1.0], 1)),
        (["cannot_say"], None),
        (["cannot_say", "cannot_say", "cannot_say"], None),
        (["absent", "absent"], ("absent", [0.0], 2)),
    ],
)
def test_where_nobody_disagrees_the_answer_about_a_frame_is_theirs(
    small_codebook: Codebook, method: object, given_answers: list[str], expected: object
) -> None:
    assert callable(method)
    assert decided(method(coded_by({("p", "rain"): given_answers}), small_codebook)) == expected


@pytest.mark.parametrize(
    ("given_answers", "expected"),
    [
        # Two who disagree: contested, however near the answers; shares are kept.
        (["present", "absent"], ("contested", [0.5], 2)),
        (["present", "borderline"], ("contested", [0.75], 2)),
        (["present", "absent", "cannot_say"], ("contested", [0.5], 2)),
        # The majority decides: (1 + 1 + 0) / 3, (0.5 + 0.5 + 1) / 3.
        (["present", "absent", "present"], ("present", [2 / 3], 3)),
        (["borderline", "present", "borderline"], ("borderline", [2 / 3], 3)),
        # Three different answers: (1 + 0.5 + 0) / 3.
        (["present", "absent", "borderline"], ("borderline", [0.5], 3)),
        # More than any other is enough; a tie of two is contested at any number of coders.
        (["present", "present", "absent", "borderline"], ("present", [0.625], 4)),
        (["present", "present", "absent", "absent"], ("contested", [0.5], 4)),
        (["present", "present", "absent", "absent", "borderline"], ("contested", [0.5], 5)),
        (["present", "absent", "borderline"] * 2, ("borderline", [0.5], 6)),
    ],
)
def test_the_majority_about_a_frame(
    small_codebook: Codebook, given_answers: list[str], expected: tuple[str, list[float], int]
) -> None:
    result = decided(majority(coded_by({("p", "rain"): given_answers}), small_codebook))
    assert result is not None
    assert (result[0], result[2]) == (expected[0], expected[2])
    assert result[1] == pytest.approx(expected[1])


@pytest.mark.parametrize(
    ("given_answers", "expected"),
    [
        (["favour"], ("favour", [0.0, 0.0, 1.0])),
        (["absent"], ("absent", [0.0, 0.0, 0.0])),
        (["against", "neutral"], ("contested", [0.5, 0.5, 0.0])),
        (["against", "absent"], ("contested", [0.5, 0.0, 0.0])),
        (["against", "against", "absent"], ("against", [2 / 3, 0.0, 0.0])),
        # Three different answers about a target have no middle.
        (["against", "neutral", "favour"], ("contested", [1 / 3, 1 / 3, 1 / 3])),
        (["against", "neutral", "absent"], ("contested", [1 / 3, 1 / 3, 0.0])),
        (["cannot_say", "neutral", "neutral"], ("neutral", [0.0, 1.0, 0.0])),
    ],
)
def test_the_majority_about_a_target(
    small_codebook: Codebook, given_answers: list[str], expected: tuple[str, list[float]]
) -> None:
    result = decided(majority(coded_by({("p", "stance:town"): given_answers}), small_codebook))
    assert result is not None
    assert result[0] == expected[0]
    assert result[1] == pytest.approx(expected[1])


def by_hand(answers: Sequence[str], *, stance: bool) -> str | None:
    """The rules of the majority, written a second time without tables."""
    counts = Counter(answer for answer in answers if answer != "cannot_say")
    if not counts:
        return None
    most = max(counts.values())
    leaders = [answer for answer, n in counts.items() if n == most]
    if len(leaders) == 1:
        return leaders[0]
    return "borderline" if len(leaders) == 3 and not stance else "contested"


CODED = st.dictionaries(
    st.tuples(st.sampled_from("pqr"), st.sampled_from(["rain", "wind"])),
    st.lists(st.sampled_from(FRAME), min_size=1, max_size=6),
    max_size=6,
).flatmap(
    lambda frames: st.dictionaries(
        st.tuples(st.sampled_from("pqr"), st.just("stance:town")),
        st.lists(st.sampled_from(STANCE), min_size=1, max_size=6),
        max_size=3,
    ).map(lambda stances: {**frames, **stances})
)


@pytest.mark.slow
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(coded=CODED)
def test_the_majority_is_what_a_second_implementation_says(
    small_codebook: Codebook, coded: dict[tuple[str, str], list[str]]
) -> None:
    table = majority(coded_by(coded), small_codebook)
    found = {(p, q): answer for p, q, answer in table.select(
        "passage_id", "question", "answer").iter_rows()}  # fmt: skip
    expected = {
        key: answer
        for key, answers in coded.items()
        if (answer := by_hand(answers, stance=key[1] == "stance:town")) is not None
    }
    assert found == expected
    Labels.validate(table)


@pytest.mark.slow
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(coded=CODED, seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter_to_the_majority(
    small_codebook: Codebook, coded: dict[tuple[str, str], list[str]], seed: int
) -> None:
    table = coded_by(coded)
    shuffled = table.sample(fraction=1, shuffle=True, seed=seed)
    assert majority(table, small_codebook).equals(majority(shuffled, small_codebook))


def test_the_order_of_rows_does_not_matter_to_dawid_skene(small_codebook: Codebook) -> None:
    table = coded_by(disputed(["absent", "absent"]))
    shuffled = table.sample(fraction=1, shuffle=True, seed=4)
    assert dawid_skene(table, small_codebook).equals(dawid_skene(shuffled, small_codebook))


def test_labels_follow_the_order_of_the_codebook(small_codebook: Codebook) -> None:
    coded = {("q", "wind"): ["present"], ("q", "rain"): ["present"],
             ("p", "stance:town"): ["favour"], ("p", "rain"): ["absent"]}  # fmt: skip
    table = majority(coded_by(coded), small_codebook)
    assert table.select("passage_id", "question").rows() == [
        ("p", "rain"), ("p", "stance:town"), ("q", "rain"), ("q", "wind")
    ]  # fmt: skip


def disputed(careless: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """Forty passages: c0 and c3 always agree, c1 and c2 answer at random; then one dispute."""
    cycle = ["present", "absent"]
    coded: dict[tuple[str, str], list[str]] = {}
    for i in range(40):
        truth = "present" if i % 4 < 2 else "absent"
        coded[f"p{i:02}", "rain"] = [truth, cycle[i % 2], cycle[(i // 2 + i) % 2], truth]
    coded["z", "rain"] = ["present", *careless]
    return coded


def test_dawid_skene_trusts_the_coder_who_proves_reliable(small_codebook: Codebook) -> None:
    # Three answers: the coder who always agrees with the other careful one says present, the two
    # who answer at random say absent. The majority follows the two, Dawid–Skene the one.
    coded = coded_by(disputed(["absent", "absent"]))
    plain = majority(coded, small_codebook)
    weighted = dawid_skene(coded, small_codebook)
    assert plain.filter(passage_id="z")["answer"].item() == "absent"
    (answer, soft) = weighted.filter(passage_id="z").select("answer", "soft").row(0)
    assert answer == "present"
    assert soft[0] > 0.9


def test_dawid_skene_keeps_the_rules_of_ties_and_single_coders(small_codebook: Codebook) -> None:
    def label(careless: list[str]) -> str:
        table = dawid_skene(coded_by(disputed(careless)), small_codebook)
        return str(table.filter(passage_id="z")["answer"].item())

    assert label([]) == "present"
    assert label(["absent"]) == "contested"
    assert label(["absent", "borderline"]) == "borderline"


def test_nothing_coded_gives_no_labels(small_codebook: Codebook) -> None:
    for method in METHODS.values():
        assert method(coded_by({}), small_codebook).is_empty()


def test_open_questions_are_the_contested_ones_in_the_order_of_the_codebook(
    small_codebook: Codebook,
) -> None:
    coded = {
        ("p", "stance:town"): ["favour", "against"],
        ("p", "rain"): ["present", "absent"],
        ("p", "wind"): ["present", "present"],
        ("q", "rain"): ["absent", "absent"],
    }
    labels = majority(coded_by(coded), small_codebook)
    assert open_questions(labels) == {"p": ["rain", "stance:town"]}


def settled_by(table: pl.DataFrame, *lead: tuple[str, str, str]) -> pl.DataFrame:
    """The answers with those of a lead: (passage, question, answer)."""
    rows = [
        dict.fromkeys(table.columns)
        | {"passage_id": p, "coder": f"lead{i}", "question": q, "answer": a,
           "codebook_version": "1", "source": "adjudication page abc"}
        for i, (p, q, a) in enumerate(lead)
    ]  # fmt: skip
    return pl.concat([table, pl.DataFrame(rows, schema=table.schema)])


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize(
    ("given_answers", "lead", "expected"),
    [
        # The lead's answer is the label, whether a coder gave it or nobody; all answers count.
        (["present", "absent"], "absent", ("absent", [1 / 3], 3)),
        (["present", "absent"], "borderline", ("borderline", [0.5], 3)),
        (["present", "present", "present"], "absent", ("absent", [0.75], 4)),
        # Who cannot say settles nothing.
        (["present", "absent"], "cannot_say", ("contested", None, 2)),
    ],
)
def test_what_the_lead_answered_is_the_label(
    small_codebook: Codebook,
    method: object,
    given_answers: list[str],
    lead: str,
    expected: tuple[str, list[float] | None, int],
) -> None:
    assert callable(method)
    table = settled_by(coded_by({("p", "rain"): given_answers}), ("p", "rain", lead))
    answer, soft, coders = decided(method(table, small_codebook)) or ("", [], 0)
    assert (answer, coders) == (expected[0], expected[2])
    if expected[1] is not None:
        assert soft == pytest.approx(expected[1])


def test_two_leads_who_differ_leave_it_to_the_count(small_codebook: Codebook) -> None:
    answers = coded_by({("p", "stance:town"): ["against", "favour"]})
    table = settled_by(answers, ("p", "stance:town", "against"), ("p", "stance:town", "neutral"))
    answer, soft, coders = decided(majority(table, small_codebook)) or ("", [], 0)
    assert (answer, coders) == ("against", 4)
    assert soft == [0.5, 0.25, 0.25]


def test_a_settled_question_is_open_no_longer_and_says_nothing_about_agreement(
    small_codebook: Codebook,
) -> None:
    answers = coded_by({("p", "rain"): ["present", "absent"], ("q", "rain"): ["absent", "present"]})
    table = settled_by(answers, ("p", "rain", "present"))
    assert open_questions(majority(table, small_codebook)) == {"q": ["rain"]}
    assert measure(table, small_codebook) == measure(answers, small_codebook)
