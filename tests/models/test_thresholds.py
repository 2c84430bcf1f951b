from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.models.calibration import Vector
from pipeline.models.thresholds import fit_thresholds, shrunk_thresholds, with_even_frames


def column(values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def fitted(p: np.ndarray, truth: np.ndarray, groups: Sequence[Sequence[int]] = ([0],)) -> Vector:
    return fit_thresholds(p, truth, np.ones(p.shape, bool), groups)


def test_a_threshold_separates_what_can_be_separated() -> None:
    p = column([0.1, 0.15, 0.2, 0.7, 0.8, 0.9] * 10)
    truth = column([0, 0, 0, 1, 1, 1] * 10)
    assert 0.2 < fitted(p, truth)[0] <= 0.7


@pytest.mark.parametrize("seed", range(5))
def test_dev_without_end_would_lead_to_half_of_the_best_f1(seed: int) -> None:
    # Calibrated by construction: each passage is present with the probability said of it.
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 3, (20_000, 1)).astype(np.float32)
    truth = (rng.uniform(size=p.shape) < p).astype(np.float32)
    f1 = [
        2 * truth[p >= t].sum() / ((p >= t).sum() + truth.sum()) for t in np.arange(0.05, 1, 0.01)
    ]
    assert fitted(p, truth)[0] == pytest.approx(max(f1) / 2, abs=0.03)


def test_of_thresholds_that_dev_cannot_tell_apart_half_of_the_best_f1_is_taken() -> None:
    # From 0.31 to 0.60 nothing lies between the classes, so every threshold there is as good; the
    # best F1 is 1.
    p = column([0.3] * 40 + [0.6] * 40)
    truth = column([0.0] * 40 + [1.0] * 40)
    assert fitted(p, truth) == pytest.approx([0.5])


def test_a_threshold_leaves_that_half_only_for_a_difference_that_is_no_chance() -> None:
    # At 0.5 all 200 positives would be missed; a single one of 10 could be chance.
    far = column([0.1] * 200 + [0.4] * 200)
    clear = column([0.0] * 200 + [1.0] * 200)
    assert fitted(far, clear)[0] == pytest.approx(0.4, abs=0.011)
    near = column([0.1] * 30 + [0.45] + [0.8] * 9)
    little = column([0.0] * 30 + [1.0] * 10)
    assert fitted(near, little)[0] == pytest.approx(0.5)


def test_an_output_of_few_positives_leans_on_what_its_group_reaches() -> None:
    # The first output is told apart by 0.31 to 0.9, the second has one positive among the worst.
    p = np.concatenate([column([0.3] * 40 + [0.9] * 40), column([0.2] * 79 + [0.1])], axis=1)
    truth = np.concatenate([column([0.0] * 40 + [1.0] * 40), column([0.0] * 79 + [1.0])], axis=1)
    together, alone = fitted(p, truth, [[0, 1]]), fitted(p, truth, [[0], [1]])
    assert together[0] == pytest.approx(alone[0], abs=0.011)
    assert alone[1] < 0.25 < together[1]


def test_an_output_without_positives_gets_its_groups_threshold() -> None:
    p = np.concatenate([column([0.3] * 40 + [0.6] * 40), column([0.2] * 80)], axis=1)
    truth = np.concatenate([column([0.0] * 40 + [1.0] * 40), column([0.0] * 80)], axis=1)
    first, second = fitted(p, truth, [[0, 1]])
    assert first == pytest.approx(second)


def test_a_group_without_positives_gets_a_half() -> None:
    assert fitted(column([0.2, 0.9, 0.4]), column([0, 0, 0])) == pytest.approx([0.5])


def test_an_output_that_a_model_knows_nothing_of_is_not_said_every_time() -> None:
    # Half of the passages have it, and all look alike: always "present" has an F1 of 2/3.
    assert fitted(column([0.4] * 60), column([1.0, 0.0] * 30))[0] > 0.4


def test_borderline_rows_and_those_not_asked_decide_no_threshold() -> None:
    p, truth = column([0.2, 0.9, 0.55, 0.45, 0.99]), column([0, 1, 0.5, 0.5, 0])
    asked = column([1, 1, 1, 1, 0]).astype(bool)
    assert fit_thresholds(p, truth, asked, [[0]]) == pytest.approx(fitted(p[:2], truth[:2]))


def test_few_positives_leave_a_threshold_near_the_one_it_is_shrunk_toward() -> None:
    p, truth = column([0.05] * 100 + [0.1]), column([0.0] * 100 + [1.0])
    (own,) = shrunk_thresholds(
        p, truth, np.ones(p.shape, bool), toward=np.array([0.4]), prior_positives=20
    )
    # Its own best lies in 0.06 to 0.1; one positive against twenty: (1 * 0.1 + 20 * 0.4) / 21.
    assert own == pytest.approx((0.1 + 20 * 0.4) / 21, abs=0.003)


def test_an_output_that_is_present_almost_always_gets_its_groups_threshold() -> None:
    # 196 of 200; the group's best F1 is 2 * 196 / (200 + 196), half of it 0.495.
    p, truth = column([0.97] * 200), column([1.0] * 196 + [0.0] * 4)
    assert fitted(p, truth) == pytest.approx([196 / 396], abs=1e-6)


def test_even_frames_are_decided_at_one_half_and_stances_as_dev_says() -> None:
    assert with_even_frames(np.array([0.2, 0.7, 0.3]), [0, 1]).tolist() == [0.5, 0.5, 0.3]
