from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from crowdkit.metrics.data import alpha_krippendorff
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.annotation.agreement import measure
from pipeline.annotation.reliability import Estimate, gwet, krippendorff, unit_coincidences
from pipeline.codebook import Codebook
from tests.annotation.conftest import coded_by

FRAME = ["absent", "borderline", "present"]


def alpha(units: Sequence[Sequence[int]], level: str, values: int) -> float:
    """Alpha of units, each a list of the numbers of the values that coders chose."""
    counts = np.array([np.bincount(u, minlength=values) for u in units if len(u) >= 2], float)
    return float(krippendorff(unit_coincidences(counts).sum(axis=0)[None], level)[0])


# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example C: four observers,
# twelve units, values 1 to 5, missing answers; unit 12 has one answer only.
KRIPPENDORFF_2011 = [
    [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
]  # fmt: skip


def test_the_worked_example_of_krippendorff() -> None:
    units = [[value - 1 for value in unit] for unit in KRIPPENDORFF_2011]
    # The paper gives 0.743 (nominal) and 0.815 (ordinal).
    assert alpha(units, "nominal", 5) == pytest.approx(0.743, abs=5e-4)
    assert alpha(units, "ordinal", 5) == pytest.approx(0.815, abs=5e-4)


def test_two_coders_worked_out_by_hand() -> None:
    # present/present, absent/absent, present/absent. Pairs: o_pp = 2, o_aa = 2, o_pa = o_ap = 1;
    # n = 6, n_p = n_a = 3. alpha = 1 - (6 - 1) * 2 / (3 * 3 * 2) = 1 - 10 / 18.
    assert alpha([[1, 1], [0, 0], [1, 0]], "nominal", 2) == pytest.approx(1 - 10 / 18)


def slow_ordinal(units: Sequence[Sequence[int]], values: int) -> float:
    """The definition with loops and nothing shared with the code under test."""
    pairable = [u for u in units if len(u) >= 2]
    n_of = [sum(u.count(v) for u in pairable) for v in range(values)]

    def distance(c: int, k: int) -> float:
        low, high = min(c, k), max(c, k)
        return (sum(n_of[low : high + 1]) - (n_of[low] + n_of[high]) / 2) ** 2

    n = sum(n_of)
    observed = sum(
        distance(u[i], u[j]) / (len(u) - 1)
        for u in pairable for i in range(len(u)) for j in range(len(u)) if i != j
    )  # fmt: skip
    expected = sum(n_of[c] * n_of[k] * distance(c, k) for c in range(values) for k in range(values))
    return 1 - (n - 1) * observed / expected if expected else float("nan")


UNITS = st.lists(
    st.lists(st.integers(0, 2), min_size=1, max_size=4), min_size=2, max_size=12
).filter(lambda units: any(len(unit) >= 2 for unit in units))


@given(UNITS)
def test_ordinal_alpha_is_what_the_definition_says(units: list[list[int]]) -> None:
    assert alpha(units, "ordinal", 3) == pytest.approx(slow_ordinal(units, 3), nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(UNITS)
def test_nominal_alpha_is_that_of_crowd_kit(units: list[list[int]]) -> None:
    import pandas as pd

    ours = alpha(units, "nominal", 3)
    if np.isnan(ours):
        return  # crowd-kit calls perfect what has no variation
    rows = [(t, w, label) for t, unit in enumerate(units) for w, label in enumerate(unit)]
    theirs = alpha_krippendorff(pd.DataFrame(rows, columns=["task", "worker", "label"]))
    assert ours == pytest.approx(theirs)


def coded(units: Sequence[Sequence[str]], question: str) -> pl.DataFrame:
    return coded_by({(f"p{i:03}", question): unit for i, unit in enumerate(units)})


def test_frames_are_ordinal_and_targets_nominal(small_codebook: Codebook) -> None:
    frames = [["present", "borderline"], ["absent", "absent"], ["present", "present"]]
    stances = [["favour", "neutral"], ["absent", "absent"], ["favour", "favour"]]
    table = pl.concat([coded(frames, "rain"), coded(stances, "stance:town")])
    rain, town = measure(table, small_codebook, samples=10).questions
    assert (rain.question, rain.level) == ("rain", "ordinal")
    assert (town.question, town.level) == ("stance:town", "nominal")
    assert rain.alpha.point == pytest.approx(alpha([[2, 1], [0, 0], [2, 2]], "ordinal", 3))
    assert town.alpha.point == pytest.approx(alpha([[2, 1], [0, 0], [2, 2]], "nominal", 3))


def test_single_answers_and_cannot_say_do_not_count(small_codebook: Codebook) -> None:
    units = [["present", "present"], ["absent", "absent"], ["present"], ["present", "cannot_say"]]
    (rain,) = measure(coded(units, "rain"), small_codebook, samples=10).questions
    assert (rain.alpha.point, rain.units, rain.answers, rain.observed) == (1.0, 2, 4, 1.0)


def test_alpha_is_null_where_nothing_varies_or_nothing_can_be_paired(
    small_codebook: Codebook,
) -> None:
    table = pl.concat([coded([["absent", "absent"]] * 3, "rain"), coded([["present"]], "wind")])
    result = measure(table, small_codebook, samples=10)
    rain, wind = result.questions
    assert (rain.alpha.point, rain.alpha.low, rain.observed) == (None, None, 1.0)
    assert (wind.alpha.point, wind.units, wind.observed) == (None, 0, None)
    assert result.as_json()["mean_alpha"] == {"frames": None, "targets": None}


def test_the_interval_holds_the_point_and_narrows_with_more_passages(
    small_codebook: Codebook,
) -> None:
    units = [["present", "present"], ["absent", "absent"], ["absent", "absent"],
             ["present", "absent"]]  # fmt: skip
    widths = []
    for times in (5, 80):
        (rain,) = measure(coded(units * times, "rain"), small_codebook).questions
        for found in (rain.ordinal, rain.nominal, rain.ac1):
            assert found is not None and found.point is not None
            assert found.low is not None and found.high is not None
            assert found.low < found.point < found.high
        assert rain.alpha.high is not None and rain.alpha.low is not None
        widths.append(rain.alpha.high - rain.alpha.low)
    # Sixteen times the passages, a quarter of the width.
    assert widths[1] == pytest.approx(widths[0] / 4, rel=0.3)


def test_rows_in_any_order_give_the_same_figures_fit_for_json(small_codebook: Codebook) -> None:
    rng = np.random.default_rng(5)
    table = coded(rng.choice(FRAME, size=(40, 3)).tolist(), "rain")
    one = measure(table, small_codebook)
    two = measure(table.sample(fraction=1, shuffle=True, seed=1), small_codebook)
    assert json.loads(json.dumps(one.as_json(), allow_nan=False)) == two.as_json()
    assert one.coders == ("c0", "c1", "c2")
    assert one.passages == 40


def test_gwets_ac1_of_the_worked_example_of_his_package() -> None:
    """irrCAC's ``gwet.ac1.raw(cac.raw4raters)``, which is the data of Krippendorff's example C:
    0.77544, of p_a = 0.8181818 and p_e = 0.1903212."""
    counts = np.array([np.bincount(np.array(u) - 1, minlength=5) for u in KRIPPENDORFF_2011], float)
    assert gwet(counts, np.ones((1, 12)))[0] == pytest.approx(0.77544, abs=5e-6)


def test_gwets_ac1_is_high_where_a_frame_is_rare_and_alpha_is_near_nothing() -> None:
    # Gwet (2002), "Kappa statistic is not satisfactory": 118 yes/yes, 5 yes/no, 2 no/yes, none
    # no/no. p_a = 118 / 125; pi = (123 + 120) / 250 = 0.972; p_e = 2 * 0.972 * 0.028.
    counts = np.array([[0.0, 2.0], [1.0, 1.0]])
    by_chance = 2 * 0.972 * 0.028
    expected = (118 / 125 - by_chance) / (1 - by_chance)
    assert gwet(counts, np.array([[118.0, 7.0]]))[0] == pytest.approx(expected)
    assert expected == pytest.approx(0.941, abs=5e-4)
    rare = [[0, 0]] * 118 + [[0, 1]] * 7
    assert abs(alpha(rare, "nominal", 2)) < 0.05


def test_frames_have_both_alphas_and_their_prevalence(small_codebook: Codebook) -> None:
    units = [["present", "borderline"], ["absent", "absent"], ["present", "present"]]
    (rain,) = measure(coded(units, "rain"), small_codebook, samples=10).questions
    assert rain.nominal.point == pytest.approx(alpha([[2, 1], [0, 0], [2, 2]], "nominal", 3))
    assert rain.ordinal is not None and rain.nominal.point is not None
    assert rain.ordinal.point is not None and rain.ordinal.point > rain.nominal.point
    assert rain.prevalence == pytest.approx(4 / 6)


@pytest.mark.parametrize(
    ("point", "low", "reading"),
    [
        (0.95, 0.85, "reliable"), (0.95, 0.70, "reliable"), (0.75, 0.70, "tentative"),
        (0.95, 0.60, "undecided: the interval crosses 0.667"), (0.60, 0.50, "not reliable"),
        (None, None, "undefined: all answers are the same"),
        (1.0, None, "undecided: the interval crosses 0.667"),
    ],
)  # fmt: skip
def test_an_interval_across_two_thirds_is_never_reliable(
    point: float | None, low: float | None, reading: str
) -> None:
    assert Estimate(point, low, 1.0).reading == reading


def test_a_question_reads_as_the_more_cautious_alpha(small_codebook: Codebook) -> None:
    """Borderline against present costs nominal alpha much and ordinal alpha little."""
    units = [["present", "borderline"]] * 20 + [["present", "present"]] * 40
    units += [["absent", "absent"]] * 60 + [["borderline", "borderline"]] * 5
    (rain,) = measure(coded(units, "rain"), small_codebook).questions
    assert rain.ordinal is not None and rain.ordinal.reading == "reliable"
    assert rain.nominal.reading != "reliable" and rain.reading == rain.nominal.reading


def test_nothing_coded_gives_no_questions(small_codebook: Codebook) -> None:
    result = measure(coded_by({}), small_codebook)
    assert (result.questions, result.passages, result.coders) == ((), 0, ())
