from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.io.progress import quiet
from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.encoding import encode, hidden_states, padded
from pipeline.models.encoder.frozen_layers import (
    CachedStates,
    FrozenLayerCache,
    UncachedStates,
    layers_of,
    trainable_copy,
)
from tests.models.tiny_berts import passages_of, tiny_bert, tiny_distilbert

pytestmark = pytest.mark.slow

TEXTS = ["rain about town", "wind", "old people never speak about rain", "река"]
ROWS = np.array([2, 0, 3])


@pytest.mark.parametrize("frozen", [0, 1, 2, 3])
def test_upper_layers_over_remembered_states_give_what_the_whole_encoder_gives(
    frozen: int,
) -> None:
    backbone = tiny_bert(layers=3, spread=0.3)
    encoded = encode(backbone, passages_of(TEXTS, ["snow", "", "", ""]), "before")
    cached = FrozenLayerCache().states_over(backbone, encoded, frozen, quiet)
    assert isinstance(cached, CachedStates)
    states, mask = cached.states(ROWS)
    batch = padded(backbone, encoded, ROWS)
    expected = hidden_states(backbone, batch)
    assert torch.equal(mask, batch.mask)
    # Remembered as halves: eleven bits, about 0.0005 of values near 1.
    torch.testing.assert_close(states[mask], expected[mask], atol=0.02, rtol=0.02)


def test_frozen_layers_are_asked_once_for_the_same_passages_and_layers() -> None:
    backbone = tiny_bert(layers=3, spread=0.3)
    encoded = encode(backbone, passages_of(TEXTS))
    frozen_cache = FrozenLayerCache(max_sets=2)

    def below(frozen: int) -> torch.Tensor:
        own = replace(backbone, encoder=trainable_copy(backbone.encoder, frozen))
        made = frozen_cache.states_over(own, encoded, frozen, quiet)
        assert isinstance(made, CachedStates)
        assert made.encoder is own.encoder
        return made.lower

    first = below(1)
    assert below(1) is first
    assert below(2) is not first
    assert below(1) is first
    below(0)  # a third set: the oldest is forgotten
    again = below(1)
    assert again is not first
    assert torch.equal(again, first)


def test_other_weights_below_are_computed_anew() -> None:
    frozen_cache = FrozenLayerCache(max_sets=2)
    kept = []
    for seed in (1, 2):
        backbone = tiny_bert(seed=seed)
        made = frozen_cache.states_over(backbone, encode(backbone, passages_of(TEXTS)), 1, quiet)
        assert isinstance(made, CachedStates)
        kept.append(made.lower)
    assert not torch.equal(*kept)


def test_another_kind_of_encoder_is_run_whole() -> None:
    backbone = tiny_distilbert()
    whole = FrozenLayerCache().states_over(backbone, encode(backbone, passages_of(TEXTS)), 1, quiet)
    assert isinstance(whole, UncachedStates)
    assert whole.states(ROWS)[0].shape == (3, 8, 32)  # six words and two special tokens


@pytest.mark.parametrize("backbone", [tiny_bert(), tiny_distilbert()], ids=["bert", "distilbert"])
def test_a_learning_copy_shares_what_is_frozen_and_owns_what_learns(backbone: Backbone) -> None:
    clone = replace(backbone, encoder=trainable_copy(backbone.encoder, 1)).encoder
    originals = dict(backbone.encoder.named_parameters())
    upper = {id(p) for p in layers_of(clone)[1].parameters()}
    assert upper
    for name, parameter in clone.named_parameters():
        learns = id(parameter) in upper
        assert parameter.requires_grad == learns, name
        assert (parameter.data_ptr() != originals[name].data_ptr()) == learns, name
        assert not originals[name].requires_grad, name


def test_the_layers_are_found_by_their_number() -> None:
    layers = layers_of(tiny_bert(layers=3).encoder)
    assert isinstance(layers, nn.ModuleList)
    assert len(layers) == 3
