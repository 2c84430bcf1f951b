import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from pipeline.models.encoder.training import (
    learning_rates,
    mean_average_precision,
    rate_factor,
    shuffled_batches,
    weighted_sum,
)

pytestmark = pytest.mark.slow


def test_the_rate_rises_over_the_warm_up_and_falls_to_zero() -> None:
    # Ten steps, two of warm-up: 1/2, 1, then 8/8, 7/8 … 1/8.
    factors = [rate_factor(step, 10, 0.2) for step in range(10)]
    assert factors == [0.5, 1.0, *(left / 8 for left in range(8, 0, -1))]
    assert rate_factor(10, 10, 0.2) == 0.0


def test_without_warm_up_the_rate_starts_at_one() -> None:
    assert rate_factor(0, 4, 0.0) == 1.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=300), st.integers(1, 40))
def test_an_epoch_visits_every_row_once(lengths: list[int], size: int) -> None:
    result = shuffled_batches(np.array(lengths), size, torch.Generator().manual_seed(0))
    assert sorted(row for batch in result for row in batch) == list(range(len(lengths)))
    assert max(len(batch) for batch in result) <= size


def test_batches_hold_similar_lengths_and_differ_between_epochs() -> None:
    lengths = np.random.default_rng(0).integers(5, 200, 640)
    generator = torch.Generator().manual_seed(0)
    first, second = (shuffled_batches(lengths, 16, generator) for _ in range(2))
    padded = sum(len(batch) * lengths[batch].max() for batch in first)
    assert padded < 1.1 * lengths.sum()  # in random batches it is nearly twice as much
    assert {tuple(batch) for batch in first} != {tuple(batch) for batch in second}


def test_mean_average_precision_is_that_of_scikit_learn_over_judged_outputs() -> None:
    rng = np.random.default_rng(1)
    soft = rng.choice([0.0, 0.5, 1.0], (50, 3)).astype(np.float32)
    soft[:, 2] = 0  # never present: cannot be judged
    asked = rng.random((50, 3)) < 0.8
    p = rng.random((50, 3)).astype(np.float32)
    expected = []
    for j in range(2):
        rows = asked[:, j] & (soft[:, j] != 0.5)
        expected.append(average_precision_score(soft[rows, j], p[rows, j]))
    assert mean_average_precision(p, soft, asked) == pytest.approx(np.mean(expected))


def test_nothing_to_judge_by_is_none() -> None:
    nothing = np.zeros((0, 2), np.float32)
    assert mean_average_precision(nothing, nothing, nothing.astype(np.bool_)) is None


def test_lower_layers_learn_slower() -> None:
    names = ["encoder.layer.9.w", "encoder.layer.10.w", "encoder.layer.11.w", "encoder.layer.11.b"]
    rates = learning_rates(names, 0.1, 0.5)
    assert [rates[name] for name in names] == pytest.approx([0.025, 0.05, 0.1, 0.1])
    assert set(learning_rates(names, 0.1, 1.0).values()) == {0.1}


def test_states_are_mixed_parameter_by_parameter() -> None:
    first = [torch.tensor([1.0, 2.0]), torch.tensor([[4.0]])]
    second = [torch.tensor([3.0, 6.0]), torch.tensor([[8.0]])]
    result = weighted_sum([first, second], [0.75, 0.25])
    assert [state.tolist() for state in result] == [[1.5, 3.0], [[5.0]]]
