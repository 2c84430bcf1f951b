import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

from pipeline.errors import InputError
from pipeline.models.encoder.losses import KINDS, Loss, LossSettings, positive_weights

pytestmark = pytest.mark.slow

SOFT = np.array([[1, 0], [0, 0.5], [0, 1], [1, 0]], np.float32)
ASKED = np.ones((4, 2), np.bool_)
ROWS = np.arange(4)


def loss(kind: str, logits: list[list[float]], focusing: float = 2.0) -> float:
    settings = LossSettings(kind, 1.0, focusing)
    return float(Loss(SOFT, ASKED, settings)(torch.tensor(logits), ROWS))


def test_rare_outputs_weigh_more_up_to_the_cap() -> None:
    soft = np.array([[1, 1, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], np.float32)
    asked = np.ones((4, 4), np.bool_)
    asked[2:, 3] = False
    # 3 / 1 = 3 capped at 2; 2 / 2 = 1; no positive: 1; asked twice, 1 / 1 = 1.
    assert positive_weights(soft, asked, 2.0).tolist() == [2.0, 1.0, 1.0, 1.0]


def test_frequent_outputs_are_not_weighed_down() -> None:
    assert positive_weights(np.ones((3, 1), np.float32), np.ones((3, 1), np.bool_), 5.0) == [1.0]


@given(st.lists(st.lists(st.floats(-8, 8), min_size=2, max_size=2), min_size=4, max_size=4))
def test_without_focus_the_focal_loss_is_cross_entropy(logits: list[list[float]]) -> None:
    expected = binary_cross_entropy_with_logits(torch.tensor(logits), torch.from_numpy(SOFT))
    assert loss("focal", logits, 0.0) == pytest.approx(float(expected), rel=1e-4, abs=1e-6)
    assert loss("weighted", logits) == pytest.approx(float(expected), rel=1e-4, abs=1e-6)


def test_focus_takes_weight_from_what_is_answered_well() -> None:
    well = [[3.0, -3.0], [-3.0, 0.0], [-3.0, 3.0], [3.0, -3.0]]
    # At a probability of 0.95 the focal loss is (1 - 0.95)^2, a four-hundredth, of the plain one;
    # the half-present cell keeps a quarter of its own.
    plain, focal = loss("weighted", well), loss("focal", well)
    assert focal < plain / 3


def test_easy_absent_answers_cost_nothing_under_the_asymmetric_loss() -> None:
    soft = np.zeros((1, 1), np.float32)
    of = Loss(soft, np.ones((1, 1), np.bool_), LossSettings("asymmetric"))
    easy, hard = torch.tensor([[-4.0]]), torch.tensor([[2.0]])  # 0.018 and 0.88
    assert float(of(easy, np.array([0]))) == 0.0
    assert float(of(hard, np.array([0]))) > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_asked_has_no_part_in_it(kind: str) -> None:
    asked = ASKED.copy()
    asked[:, 1] = False
    of = Loss(SOFT, asked, LossSettings(kind))
    first = of(torch.tensor([[1.0, 9.0], [1.0, -9.0], [0.5, 3.0], [-1.0, 0.0]]), ROWS)
    second = of(torch.tensor([[1.0, -5.0], [1.0, 2.0], [0.5, 0.0], [-1.0, 7.0]]), ROWS)
    assert float(first) == pytest.approx(float(second))
    nothing = Loss(SOFT, np.zeros_like(ASKED), LossSettings(kind))
    assert float(nothing(torch.zeros(4, 2), ROWS)) == 0.0


def test_another_loss_is_refused() -> None:
    with pytest.raises(InputError, match="allowed: weighted, focal, asymmetric"):
        Loss(SOFT, ASKED, LossSettings("hinge"))
