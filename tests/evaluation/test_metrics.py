from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    precision_score,
    recall_score,
)

from pipeline.evaluation import metrics

# Probabilities on a coarse grid, so that ties are common.
CELLS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 8), st.integers(0, 3)), min_size=1, max_size=40
)


def arrays(cells: list[tuple[bool, int, int]]) -> tuple[metrics.Mask, metrics.Float, metrics.Float]:
    truth = np.array([cell[0] for cell in cells])
    probability = np.array([cell[1] / 8 for cell in cells])
    return truth, probability, np.array([[float(cell[2]) for cell in cells]])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(CELLS)
def test_precision_recall_and_f1_equal_scikit_learn_wherever_there_are_positives(
    cells: list[tuple[bool, int, int]],
) -> None:
    truth, probability, _ = arrays(cells)
    said = probability >= 0.5
    counts = metrics.confusion_counts(truth, said, np.ones_like(truth)).sum(axis=0)
    ours = [float(f(counts)) for f in (metrics.precision, metrics.recall, metrics.f1)]
    if not truth.any():
        assert np.isnan(ours).all()
        return
    theirs = [f(truth, said, zero_division=0) for f in (precision_score, recall_score, f1_score)]
    assert ours == pytest.approx(theirs)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(CELLS)
def test_average_precision_equals_scikit_learn_with_ties_and_weights(
    cells: list[tuple[bool, int, int]],
) -> None:
    truth, probability, drawn = arrays(cells)
    weights = np.concatenate([np.ones_like(drawn), drawn])
    ours = metrics.average_precision(truth, probability, weights)
    for result, row in zip(ours, weights, strict=True):
        if not (truth & (row > 0)).any():
            assert np.isnan(result)
            continue
        theirs = average_precision_score(truth, probability, sample_weight=row)
        assert result == pytest.approx(theirs)


@settings(max_examples=100, deadline=None)
@given(CELLS)
def test_brier_score_and_reliability_equal_scikit_learn(
    cells: list[tuple[bool, int, int]],
) -> None:
    truth, probability, _ = arrays(cells)
    # Avoid the edges of the ten bins: scikit-learn assigns an edge to the bin below.
    probability = np.clip(probability, 0.01, 0.99) + 0.003
    target = truth.astype(float)
    assert metrics.brier(target, probability) == pytest.approx(
        brier_score_loss(truth, probability, pos_label=True)
    )
    share, mean = calibration_curve(target, probability, n_bins=10)
    table = metrics.reliability(target, probability)
    assert table[:, 0] == pytest.approx(mean)
    assert table[:, 1] == pytest.approx(share)
    assert table[:, 2].sum() == len(cells)


def test_calibration_error_is_the_mean_gap_weighted_by_the_cells_of_a_bin() -> None:
    # Bin 0.2–0.3: mean 0.25, share 0.5, two cells. Bin 0.9–1: mean 0.95, share 1, one cell.
    # (2 · 0.25 + 1 · 0.05) / 3 = 0.55 / 3. A probability of 1 belongs to the last bin.
    truth = np.array([1.0, 0.0, 1.0])
    error = metrics.calibration_error(truth, np.array([0.25, 0.25, 0.95]))
    assert error == pytest.approx(0.55 / 3)
    assert metrics.calibration_error(np.ones(1), np.ones(1)) == 0.0


def test_without_cells_metrics_are_undefined_and_there_is_no_warning() -> None:
    nothing = np.zeros(0)
    assert np.isnan(metrics.calibration_error(nothing, nothing))
    assert np.isnan(metrics.brier(nothing, nothing))
    assert np.isnan(metrics.average_precision(nothing.astype(bool), nothing, np.ones((2, 0)))).all()


def test_a_mean_leaves_out_undefined_values() -> None:
    values = np.array([[1.0, np.nan, 0.0], [np.nan, np.nan, np.nan]])
    means = metrics.mean_of_defined(values)
    assert means[0] == 0.5
    assert np.isnan(means[1])
