from itertools import pairwise

import pytest

from pipeline.codebook import versions


def test_versions_are_ordered_by_their_numbers() -> None:
    ordered = ["0.9", "1", "1.1", "1.2", "1.9", "1.10", "1.10.1", "2.0", "10"]
    for first, second in pairwise(ordered):
        assert versions.earlier(first, second)
        assert not versions.earlier(second, first)


@pytest.mark.parametrize(("one", "other"), [("1", "1.0"), ("1.2", "1.2"), ("1.2.0", "1.2")])
def test_the_same_version_is_not_earlier(one: str, other: str) -> None:
    assert not versions.earlier(one, other)
    assert not versions.earlier(other, one)


@pytest.mark.parametrize("odd", ["draft", "", "1.", "1..2", "v1", "١.٢", "1.2-beta"])
def test_versions_that_are_not_numeric_are_not_ordered(odd: str) -> None:
    assert versions.numbers(odd) is None
    assert not versions.earlier(odd, "9")
    assert not versions.earlier("0", odd)


def test_only_a_change_of_the_first_number_breaks_with_earlier_answers() -> None:
    assert versions.breaks("1.9", "2.0")
    assert not versions.breaks("1.9", "1.10")
    assert not versions.breaks("2.0", "1.9")
