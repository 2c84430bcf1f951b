import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models.encoder.encoding import batches, encode, features, padded, pool
from tests.models.tiny_berts import HIDDEN, passages_of, tiny_bert

pytestmark = pytest.mark.slow

BACKBONE = tiny_bert(max_length=10)
TEXTS = ["rain", "wind and snow", "old town river", "rain sun rain sun rain", "река", "good people"]


def tokens(row: int, texts: list[str], before: list[str], context: str = "before") -> list[str]:
    encoded = encode(BACKBONE, passages_of(texts, before), context)
    return [str(BACKBONE.tokenizer.id_to_token(i)) for i in encoded.ids[row]]


def test_text_and_context_are_two_segments() -> None:
    encoded = encode(BACKBONE, passages_of(["old town"], ["rain"]), "before")
    assert tokens(0, ["old town"], ["rain"]) == ["[CLS]", "old", "town", "[SEP]", "rain", "[SEP]"]
    assert encoded.segments[0].tolist() == [0, 0, 0, 0, 1, 1]


def test_context_is_not_read_when_the_option_says_none() -> None:
    assert tokens(0, ["old town"], ["rain"], "none") == ["[CLS]", "old", "town", "[SEP]"]


def test_an_empty_context_adds_nothing() -> None:
    assert tokens(0, ["old town"], [""]) == ["[CLS]", "old", "town", "[SEP]"]


def test_the_text_has_the_first_claim_on_the_length() -> None:
    # Ten tokens: three special ones, five of text, two are left for the context.
    five = "one two three four five"
    expected = f"[CLS] {five} [SEP] six seven [SEP]".split()
    assert tokens(0, [five], ["six seven eight nine"]) == expected


def test_a_text_that_does_not_fit_is_cut_and_counted_and_a_cut_context_is_not() -> None:
    eight, nine = "one two three four five six seven eight", "nine " * 9
    encoded = encode(BACKBONE, passages_of([eight, nine, "red"], ["", "", nine]), "before")
    assert encoded.truncated.tolist() == [False, True, False]
    assert encoded.lengths.tolist() == [10, 10, 10]


def test_the_prefix_is_written_before_the_text_alone() -> None:
    backbone = tiny_bert()
    prefixed = type(backbone)(**{**vars(backbone), "prefix": "always "})
    ids = encode(prefixed, passages_of(["rain"], ["snow"]), "before").ids[0]
    words = [str(prefixed.tokenizer.id_to_token(i)) for i in ids]
    assert words == ["[CLS]", "always", "rain", "[SEP]", "snow", "[SEP]"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=12), st.integers(4, 40))
def test_batches_hold_every_row_once_within_the_budget(texts: list[str], budget: int) -> None:
    encoded = encode(BACKBONE, passages_of(texts))
    result = batches(encoded, budget)
    assert sorted(row for batch in result for row in batch) == list(range(len(texts)))
    for batch in result:
        longest = max(len(encoded.ids[row]) for row in batch)
        assert len(batch) == 1 or len(batch) * longest <= budget


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(len(TEXTS))))
def test_vectors_do_not_depend_on_the_order_of_the_rows(order: list[int]) -> None:
    one = features(BACKBONE, encode(BACKBONE, passages_of(TEXTS)))
    other = features(BACKBONE, encode(BACKBONE, passages_of([TEXTS[i] for i in order])))
    assert np.array_equal(other, one[order])


def test_no_passages_have_no_vectors() -> None:
    assert features(BACKBONE, encode(BACKBONE, passages_of([]))).shape == (0, HIDDEN)


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_padding_does_not_change_a_vector(pooling: str) -> None:
    backbone = tiny_bert(pooling=pooling)
    together = features(backbone, encode(backbone, passages_of(TEXTS)))
    for text, vector in zip(TEXTS, together, strict=True):
        alone = features(backbone, encode(backbone, passages_of([text])))
        np.testing.assert_allclose(alone[0], vector, atol=1e-5)


def test_the_mean_is_over_real_tokens_and_first_is_the_first() -> None:
    states = torch.tensor([[[1.0, 4.0], [3.0, 8.0], [50.0, 50.0]]])
    mask = torch.tensor([[True, True, False]])
    assert pool(states, mask, "mean").tolist() == [[2.0, 6.0]]  # (1 + 3) / 2, (4 + 8) / 2
    assert pool(states, mask, "first").tolist() == [[1.0, 4.0]]


def test_a_padded_batch_says_what_is_padding() -> None:
    encoded = encode(BACKBONE, passages_of(["rain", "old town river"]))
    batch = padded(BACKBONE, encoded, np.array([0, 1]))
    assert batch.ids[0].tolist() == [2, 4, 3, 0, 0]  # [CLS] rain [SEP] [PAD] [PAD]
    assert batch.mask.sum(1).tolist() == [3, 5]


def test_a_batch_moves_as_a_whole() -> None:
    backbone = tiny_bert()
    batch = padded(backbone, encode(backbone, passages_of(["rain", "wind town"])), np.arange(2))
    moved = batch.to(torch.device("meta"))
    assert {part.device.type for part in (moved.ids, moved.segments, moved.mask)} == {"meta"}
    assert moved.ids.shape == batch.ids.shape
