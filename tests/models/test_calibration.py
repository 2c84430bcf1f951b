import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.models.calibration import (
    Calibration,
    fit_calibration,
    fit_thresholds,
    logit,
    shrunk_thresholds,
    sigmoid,
)


def column(values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def test_scores_that_are_right_already_stay_as_they_are() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.02, 0.98, 4000).astype(np.float32)
    truth = (rng.uniform(size=4000) < p).astype(np.float32)
    fitted = fit_calibration(p[:, None], truth[:, None], np.ones((4000, 1), bool))
    # 4,000 draws leave a standard error of about 0.04 on the slope.
    assert fitted.slope[0] == pytest.approx(1.0, abs=0.15)
    assert fitted.offset[0] == pytest.approx(0.0, abs=0.15)


def test_overconfident_scores_are_pulled_in() -> None:
    rng = np.random.default_rng(1)
    honest = rng.uniform(0.05, 0.95, 4000)
    truth = (rng.uniform(size=4000) < honest).astype(np.float32)
    bold = sigmoid(3 * logit(honest)).astype(np.float32)
    fitted = fit_calibration(bold[:, None], truth[:, None], np.ones((4000, 1), bool))
    # The scores were stretched by three, so the slope that undoes it is a third.
    assert fitted.slope[0] == pytest.approx(1 / 3, abs=0.06)


def test_platt_scaling_agrees_with_scikit_learn_when_the_prior_is_weak() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(2)
    p = rng.uniform(0.05, 0.95, 300).astype(np.float32)
    truth = (rng.uniform(size=300) < p**2).astype(np.float32)
    ours = fit_calibration(p[:, None], truth[:, None], np.ones((300, 1), bool), strength=1e-9)
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(p)[:, None], truth)
    assert ours.slope[0] == pytest.approx(theirs.coef_[0, 0], rel=1e-3)
    assert ours.offset[0] == pytest.approx(theirs.intercept_[0], rel=1e-2, abs=1e-3)


def test_an_output_without_positives_is_left_alone() -> None:
    p = column([0.2, 0.9, 0.4])
    fitted = fit_calibration(p, np.zeros((3, 1), np.float32), np.ones((3, 1), bool))
    assert fitted.apply(p) == pytest.approx(p, abs=1e-6)


def test_rows_that_were_not_asked_change_nothing() -> None:
    p, truth = column([0.1, 0.3, 0.6, 0.9, 0.99]), column([0, 0, 1, 1, 0])
    asked = np.array([True, True, True, True, False])[:, None]
    with_row = fit_calibration(p, truth, asked)
    without = fit_calibration(p[:4], truth[:4], asked[:4])
    assert with_row.slope == pytest.approx(without.slope)
    assert fit_thresholds(p, truth, asked) == pytest.approx(
        fit_thresholds(p[:4], truth[:4], asked[:4])
    )


@given(hnp.arrays(np.float32, (30, 2), elements=st.floats(0, 1, width=32)), st.integers(0, 2**30))
def test_calibration_keeps_the_order_of_passages(p: np.ndarray, seed: int) -> None:
    truth = (np.random.default_rng(seed).uniform(size=p.shape) < 0.4).astype(np.float32)
    calibrated = fit_calibration(p, truth, np.ones(p.shape, bool)).apply(p)
    for j in range(2):
        in_order = calibrated[np.argsort(p[:, j], kind="stable"), j]
        assert (np.diff(in_order) >= -1e-6).all()
    assert ((calibrated >= 0) & (calibrated <= 1)).all()


def test_a_threshold_separates_what_can_be_separated() -> None:
    p = column([0.1, 0.15, 0.2, 0.7, 0.8, 0.9] * 10)
    truth = column([0, 0, 0, 1, 1, 1] * 10)
    (threshold,) = fit_thresholds(p, truth, np.ones(p.shape, bool))
    assert 0.2 < threshold <= 0.7


def test_of_thresholds_that_dev_cannot_tell_apart_the_one_nearest_a_half_is_taken() -> None:
    # From 0.31 to 0.60 nothing lies between the classes, so every threshold there is as good.
    p = column([0.3] * 40 + [0.6] * 40)
    truth = column([0.0] * 40 + [1.0] * 40)
    assert fit_thresholds(p, truth, np.ones(p.shape, bool)) == pytest.approx([0.5])


def test_a_threshold_leaves_a_half_only_for_a_difference_that_is_no_chance() -> None:
    # At 0.5 all 200 positives would be missed; a single one of 10 could be chance.
    far = column([0.1] * 200 + [0.4] * 200)
    clear = column([0.0] * 200 + [1.0] * 200)
    assert fit_thresholds(far, clear, np.ones(far.shape, bool))[0] == pytest.approx(0.4, abs=0.011)
    near = column([0.1] * 30 + [0.45] + [0.8] * 9)
    little = column([0.0] * 30 + [1.0] * 10)
    assert fit_thresholds(near, little, np.ones(near.shape, bool))[0] == pytest.approx(0.5)


def test_an_output_without_positives_gets_a_half() -> None:
    p = column([0.2, 0.9, 0.4])
    assert fit_thresholds(p, column([0, 0, 0]), np.ones((3, 1), bool)) == pytest.approx([0.5])


def test_an_output_that_a_model_knows_nothing_of_is_not_said_every_time() -> None:
    # Half of the passages have it, and all look alike: always "present" has an F1 of 2/3.
    p, truth = column([0.4] * 60), column([1.0, 0.0] * 30)
    (threshold,) = fit_thresholds(p, truth, np.ones(p.shape, bool))
    assert threshold > 0.4


def test_few_positives_leave_a_threshold_near_the_one_it_is_shrunk_toward() -> None:
    p, truth = column([0.05] * 100 + [0.1]), column([0.0] * 100 + [1.0])
    (own,) = shrunk_thresholds(
        p, truth, np.ones(p.shape, bool), toward=np.array([0.4]), prior_positives=20
    )
    # Its own best lies in 0.06 to 0.1; one positive against twenty: (1 * 0.1 + 20 * 0.4) / 21.
    assert own == pytest.approx((0.1 + 20 * 0.4) / 21, abs=0.003)


def test_borderline_rows_decide_no_threshold() -> None:
    p, truth = column([0.2, 0.9, 0.55, 0.45]), column([0, 1, 0.5, 0.5])
    asked = np.ones((4, 1), bool)
    assert fit_thresholds(p, truth, asked) == pytest.approx(
        fit_thresholds(p[:2], truth[:2], asked[:2])
    )


def test_no_calibration_is_the_identity() -> None:
    p = column([0.01, 0.5, 0.99])
    assert Calibration.none(1).apply(p) == pytest.approx(p, abs=1e-6)
