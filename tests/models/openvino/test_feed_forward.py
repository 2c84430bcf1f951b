from collections.abc import Callable

import numpy as np
import openvino
import pytest
import torch

from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.encoding import encode
from pipeline.models.linear.logistic import LinearHeads
from pipeline.models.openvino import feed_forward, graph
from pipeline.models.openvino.encoder import Feed, feed
from tests.models.tiny_berts import HIDDEN, tiny_bert, tiny_distilbert, weather

pytestmark = pytest.mark.slow

LARGE = 7  # the inner neuron that is made an outlier


def feeds_of(backbone: Backbone) -> list[Feed]:
    encoded = encode(backbone, weather(40, 1).passages)
    return [feed(backbone, encoded, np.arange(start, start + 10)) for start in range(0, 40, 10)]


def traced(backbone: Backbone) -> openvino.Model:
    weights = np.random.default_rng(0).normal(size=(3, HIDDEN)).astype(np.float32)
    heads = LinearHeads(weights, np.zeros(3, np.float32))
    return graph.traced(backbone, heads, feeds_of(backbone)[0])


def said(model: openvino.Model, feeds: list[Feed]) -> np.ndarray:
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    return np.concatenate([compiled(list(own))[0] for own in feeds])


def enlarge(layer: torch.nn.Linear) -> None:
    with torch.no_grad():
        layer.weight[LARGE] *= 200
        layer.bias[LARGE] = 3


def operations(model: openvino.Model) -> int:
    return len(model.get_ordered_ops())


@pytest.mark.parametrize(
    ("make", "first"),
    [
        (tiny_bert, lambda encoder: encoder.encoder.layer[0].intermediate.dense),
        (tiny_distilbert, lambda encoder: encoder.transformer.layer[0].ffn.lin1),
    ],
)
def test_an_outlier_set_apart_leaves_what_the_encoder_says(
    make: Callable[..., Backbone], first: Callable[[object], torch.nn.Linear]
) -> None:
    backbone = make(layers=4)
    enlarge(first(backbone.encoder))
    model, feeds = traced(backbone), feeds_of(backbone)
    before, count = said(model, feeds), operations(model)
    kept = feed_forward.prepare(model, feeds)
    assert operations(model) > count
    assert sum(name.endswith("/apart") for name in kept) == 1
    assert said(model, feeds) == pytest.approx(before, abs=1e-4)


def test_without_outliers_only_the_last_quarter_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Random weights have neurons of all sizes.
    monkeypatch.setattr(feed_forward, "OUTLIER", 1000.0)
    backbone = tiny_bert(layers=4)
    model, feeds = traced(backbone), feeds_of(backbone)
    count = operations(model)
    (kept,) = feed_forward.prepare(model, feeds)
    assert "layer.3." in kept
    assert operations(model) == count


def test_an_encoder_with_another_activation_has_no_such_blocks() -> None:
    backbone = tiny_bert()
    for layer in backbone.encoder.encoder.layer:  # type: ignore[union-attr]
        layer.intermediate.intermediate_act_fn = torch.nn.ReLU()
    assert feed_forward.prepare(traced(backbone), feeds_of(backbone)) == set()


@pytest.mark.parametrize("with_states", [False, True])
def test_an_encoder_with_outliers_at_its_top_can_be_quantised_carefully(with_states: bool) -> None:
    backbone = tiny_bert(layers=4)
    enlarge(backbone.encoder.encoder.layer[3].intermediate.dense)  # type: ignore[union-attr, index]
    encoded = encode(backbone, weather(40, 1).passages)
    weights = np.random.default_rng(0).normal(size=(3, HIDDEN)).astype(np.float32)
    heads = LinearHeads(weights, np.zeros(3, np.float32))
    rng = np.random.default_rng(0)
    model = graph.quantised(backbone, heads, encoded, rng, careful=True, with_states=with_states)
    exact = graph.traced(backbone, heads, feeds_of(backbone)[0], with_states=with_states)
    feeds = feeds_of(backbone)
    assert said(model, feeds) == pytest.approx(said(exact, feeds), abs=0.2)
