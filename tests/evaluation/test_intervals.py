from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation.intervals import wilson

Z95 = 1.959963984540054  # the 97.5% point of the normal distribution


def test_wilson_interval_solves_its_own_equation() -> None:
    # The ends are the p with (share - p)^2 = z^2 p (1 - p) / n.
    low, high = wilson(12, 40)
    for p in (low, high):
        assert (0.3 - p) ** 2 == pytest.approx(Z95**2 * p * (1 - p) / 40)
    assert low < 0.3 < high


def test_wilson_interval_has_a_closed_form_for_none_and_all() -> None:
    # With no success the upper end is z^2 / (n + z^2).
    assert wilson(0, 10) == pytest.approx((0.0, Z95**2 / (10 + Z95**2)))
    assert wilson(10, 10) == pytest.approx((10 / (10 + Z95**2), 1.0))


def test_a_design_effect_is_equivalent_to_fewer_observations() -> None:
    assert wilson(12, 40, 4.0) == pytest.approx(wilson(3, 10))


@given(st.integers(1, 10_000), st.data(), st.floats(1.0, 50.0))
def test_the_interval_contains_the_share_and_stays_within_0_and_1(
    n: int, data: st.DataObject, effect: float
) -> None:
    count = data.draw(st.integers(0, n))
    low, high = wilson(count, n, effect)
    assert 0.0 <= low <= count / n + 1e-12
    assert count / n - 1e-12 <= high <= 1.0


def test_simultaneous_intervals_are_wider() -> None:
    # Ten simultaneous intervals: each at 99.5%, with a normal quantile of 2.807.
    z = 2.8070337683438042
    assert wilson(0, 10, simultaneous=10) == pytest.approx((0.0, z**2 / (10 + z**2)))


def test_eight_of_ten_by_hand() -> None:
    # Centre (0.8 + 0.19207) / 1.38415, half 0.2265.
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
