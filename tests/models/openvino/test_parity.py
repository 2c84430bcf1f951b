import numpy as np
import pytest

from pipeline.models.openvino import Parity

pytestmark = pytest.mark.slow

ABSENT, PRESENT = "absent", "present"


def decisions(*columns: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    return np.array(columns, object).T


def test_cells_count_in_which_either_engine_finds_something() -> None:
    reference = decisions([PRESENT, ABSENT, ABSENT, ABSENT], ["against", "favour", ABSENT, ABSENT])
    other = decisions([ABSENT, PRESENT, ABSENT, ABSENT], ["against", "neutral", ABSENT, ABSENT])
    parity = Parity.of(reference, other, ["rain", "stance:moon"])
    # rain: two cells, both differ; moon: two cells, one stance became another.
    assert [(row.found, row.differ) for row in parity.rows] == [(2, 2), (2, 1)]
    assert (parity.pooled.found, parity.pooled.differ) == (4, 3)


def engines(findings: int, differ: int, rows: int) -> tuple[list[str], list[str]]:
    """One question's decisions of two engines: the second misses ``differ`` of the findings."""
    reference = [PRESENT] * findings + [ABSENT] * (rows - findings)
    return reference, [ABSENT] * differ + reference[differ:]


def parity(*questions: tuple[int, int]) -> Parity:
    pairs = [engines(findings, differ, 1000) for findings, differ in questions]
    columns = [decisions(*side) for side in zip(*pairs, strict=True)]
    return Parity.of(columns[0], columns[1], [f"q{i}" for i in range(len(questions))])


def test_two_findings_in_a_hundred_may_differ_and_three_may_not() -> None:
    assert parity((100, 2)).rejection is None
    objection = parity((100, 3)).rejection
    assert objection is not None
    assert "3 of 100 findings (3.0%) differ; 2% is allowed" in objection


def test_a_frequent_question_is_judged_by_itself() -> None:
    # Pooled 6 of 1100 is fine; of the 100 findings of q1, 6 are not.
    objection = parity((1000, 0), (100, 6)).rejection
    assert objection is not None
    assert objection.startswith("q1: 6 of 100")
    assert parity((1000, 0), (99, 6)).rejection is None


def test_engines_that_find_nothing_prove_nothing() -> None:
    assert parity((0, 0)).rejection is not None


def test_the_table_has_a_line_a_question_and_the_sum() -> None:
    lines = str(parity((1000, 1), (100, 2))).splitlines()
    assert len(lines) == 4
    assert lines[-1].split() == ["all", "1100", "3", "0.3%"]
