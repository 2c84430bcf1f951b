import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.evaluation.quantification import WORTH_ELSEWHERE, corrected
from pipeline.models.error_rates import Rates, clustered_rate, from_json, measure_rates, to_json

pytestmark = pytest.mark.slow

FIRM = Rates(sensitivity=0.8, of_present=1e6, false_alarms=0.1, of_absent=1e6)


def test_a_share_is_corrected_for_misses_and_false_alarms() -> None:
    # Of 20% present, 0.8 are found: 16%; of 80% absent, 0.1 are taken for it: 8%. Together 24%.
    found = corrected(240_000, 1_000_000, elsewhere=None, local=FIRM)
    assert found is not None
    assert found.share == pytest.approx(0.2, abs=0.002)
    assert 0.19 < found.low < found.share < found.high < 0.21


def test_rates_of_other_texts_count_as_few_passages_regardless_of_sample_size() -> None:
    many = corrected(240_000, 1_000_000, elsewhere=FIRM)
    few = corrected(
        240_000, 1_000_000,
        elsewhere=Rates(0.8, WORTH_ELSEWHERE, 0.1, WORTH_ELSEWHERE),
    )  # fmt: skip
    assert many == few
    assert many is not None
    assert many.high - many.low > 0.2


def test_a_local_sample_narrows_the_interval() -> None:
    local = Rates(0.8, 50, 0.1, 150)
    alone = corrected(24, 100, elsewhere=FIRM)
    both = corrected(24, 100, elsewhere=FIRM, local=local)
    assert alone is not None and both is not None
    assert both.high - both.low < alone.high - alone.low


def test_with_a_classifier_that_guesses_every_share_is_possible() -> None:
    guesses = Rates(0.3, 1e6, 0.3, 1e6)
    found = corrected(30, 100, elsewhere=None, local=guesses)
    assert found is not None
    assert found.low < 0.05
    assert found.high > 0.95


def test_the_share_of_a_rare_frame_equals_that_of_a_finer_integral() -> None:
    # A brute-force integral: shares, sensitivities and false alarms on a regular grid, weighted by
    # the likelihood.
    rates = Rates(0.75, 20, 0.03, 20)
    count, n = 50, 10_000
    cells = (np.arange(150) + 0.5) / 150
    share = np.concatenate([cells[:1] * 0, np.geomspace(1e-5, 1, 400)])
    width, middle = np.diff(share), (share[1:] + share[:-1]) / 2
    density = np.zeros(len(middle))
    for s in stats.beta(15.5, 5.5).ppf(cells):
        f = stats.beta(1.1, 19.9).ppf(cells**3)[:, None]
        found = s * middle + f * (1 - middle)
        likelihood = np.exp(stats.binom.logpmf(count, n, found))
        density += (likelihood * 3 * cells[:, None] ** 2).sum(axis=0) * width
    below = np.append(0, np.cumsum(density) / density.sum())
    low, middle_share, high = np.interp([0.025, 0.5, 0.975], below, share)
    result = corrected(count, n, elsewhere=rates)
    assert result is not None
    assert [result.low, result.share, result.high] == pytest.approx(
        [low, middle_share, high], rel=0.05, abs=5e-5
    )


def test_a_found_share_outside_the_rates_gives_the_nearest_end() -> None:
    result = corrected(990_000, 1_000_000, elsewhere=None, local=FIRM)
    assert result is not None
    assert result.low == result.share == result.high == 1.0


def test_without_rates_or_passages_there_is_no_corrected_share() -> None:
    assert corrected(1, 10, elsewhere=None) is None
    assert corrected(0, 0, elsewhere=FIRM) is None


def test_borderline_passages_count_half_as_present_and_half_as_absent() -> None:
    # Present, borderline (found), borderline (not found), absent (found): 1 + ½ of 2 present were
    # found; of ½ + ½ + 1 = 2 absent, ½ + 1 were found.
    rates = measure_rates(
        np.array([1.0, 0.5, 0.5, 0.0]), np.array([1.0, 1.0, 0.0, 1.0]), ["a", "b", "c", "d"]
    )
    assert rates is not None
    assert rates.sensitivity == pytest.approx(1.5 / 2)
    assert rates.false_alarms == pytest.approx(1.5 / 2)


def test_rates_need_passages_of_both_kinds() -> None:
    assert measure_rates(np.zeros(3), np.zeros(3), ["a", "b", "c"]) is None
    assert measure_rates(np.ones(3), np.ones(3), ["a", "b", "c"]) is None


def test_copies_in_a_family_count_as_one_passage() -> None:
    said = np.array([1.0, 0.0] * 10)
    apart = clustered_rate(np.ones(20), said, [str(i) for i in range(20)])
    # Each passage four times: 80 rows that count as about 20.
    copied = clustered_rate(np.ones(80), np.repeat(said, 4), [str(i // 4) for i in range(80)])
    assert apart is not None and copied is not None
    assert copied[0] == apart[0] == 0.5
    # m / (m - 1) of twenty families.
    assert apart[1] == copied[1] == pytest.approx(20 * 19 / 20)


@given(
    st.floats(0.05, 0.95), st.integers(20, 200), st.floats(0.5, 1.0), st.floats(0.0, 0.4),
)  # fmt: skip
def test_intervals_are_ordered_and_within_0_and_1(
    share: float, n: int, found: float, raised: float
) -> None:
    rates = Rates(found, 30.0, raised, 60.0)
    result = corrected(round(share * n), n, elsewhere=rates, local=None)
    assert result is not None
    assert 0 <= result.low <= result.share <= result.high <= 1


def test_intervals_have_their_nominal_coverage() -> None:
    draw = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        present = draw.random(150) < 0.3
        said = np.where(present, draw.random(150) < 0.8, draw.random(150) < 0.1).astype(float)
        rates = measure_rates(present[:100].astype(float), said[:100], [str(i) for i in range(100)])
        result = corrected(said.sum(), 150, elsewhere=None, local=rates)
        assert result is not None
        held += result.low <= 0.3 <= result.high
    # 190 expected; three standard deviations below is 181.
    assert held >= 181


def test_rates_survive_a_round_trip_through_json() -> None:
    assert from_json(to_json({"rain": FIRM, "wind": None})) == {"rain": FIRM}
    assert from_json(None) == {}
