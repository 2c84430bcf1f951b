import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.models.calibration import Calibration, fit_calibration, logit, sigmoid


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


@given(hnp.arrays(np.float32, (30, 2), elements=st.floats(0, 1, width=32)), st.integers(0, 2**30))
def test_calibration_keeps_the_order_of_passages(p: np.ndarray, seed: int) -> None:
    truth = (np.random.default_rng(seed).uniform(size=p.shape) < 0.4).astype(np.float32)
    calibrated = fit_calibration(p, truth, np.ones(p.shape, bool)).apply(p)
    for j in range(2):
        in_order = calibrated[np.argsort(p[:, j], kind="stable"), j]
        assert (np.diff(in_order) >= -1e-6).all()
    assert ((calibrated >= 0) & (calibrated <= 1)).all()


def test_no_calibration_is_the_identity() -> None:
    p = column([0.01, 0.5, 0.99])
    assert Calibration.none(1).apply(p) == pytest.approx(p, abs=1e-6)
