"""Calculations in the benchmarks; the measurements themselves are not tested."""

import json

import pytest

from benchmarks import scaling
from benchmarks.encoders import products_per_token
from pipeline.models.encoder.probe import FittedProbe
from pipeline.models.linear.logistic import LinearHeads
from tests.models.tiny_berts import HIDDEN, tiny_bert


def test_products_with_weights_are_counted_once_per_token() -> None:
    encoder = FittedProbe(tiny_bert(layers=2), LinearHeads.empty(), "none")
    # A layer: query, key, value and output are hidden by hidden, the block twice hidden by 64.
    assert products_per_token(encoder) == 2 * (4 * HIDDEN**2 + 2 * HIDDEN * 64)


@pytest.mark.slow
def test_synthetic_posts_are_reproducible_and_every_twentieth_is_duplicated() -> None:
    first = [json.dumps(post) for post in scaling.posts(40)]
    assert first == [json.dumps(post) for post in scaling.posts(40)]
    assert len(first) == 42


@pytest.mark.slow
def test_a_row_of_the_scaling_table_counts_the_input() -> None:
    count, paragraphs = scaling.measure(40, None).split("|")[1:3]
    assert int(count) == 40
    assert int(paragraphs) > 40
