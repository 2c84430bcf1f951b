"""Converts a fine-tuned encoder to an OpenVINO graph, traced and then quantised to int8 by NNCF.

The graph's input is word embeddings, since a lookup needs no arithmetic and a table of 250,000
words would be most of the file. Its outputs are the logits of the head and the token states, which
a target reader pools.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.models.encoder.encoding import Encoded, pool
from pipeline.models.linear.logistic import LinearHeads
from pipeline.models.openvino import feed_forward
from pipeline.models.openvino.encoder import Feed, Graph, feed

if TYPE_CHECKING:
    import openvino
    import torch
    from torch import nn

    from pipeline.models.encoder.backbones import Backbone

# Passages on which activations are measured, and the batch size (of similar length).
CALIBRATION_PASSAGES, CALIBRATION_BATCH = 96, 8
# The share of an activation's spread over channels that is moved into the weights (SmoothQuant,
# Xiao et al. 2023, eq. 4).
SMOOTHING = 0.7


def quantised(
    backbone: Backbone,
    heads: LinearHeads,
    encoded: Encoded,
    rng: np.random.Generator,
    *,
    careful: bool = False,
    with_states: bool = False,
) -> openvino.Model:
    """The quantised graph, calibrated on passages drawn from ``encoded``.

    Inputs are those of ``encoder.Feed``, outputs those of :func:`body`. ``careful`` keeps the upper
    third of the encoder in floating point: a fifth less error, a tenth slower.
    """
    count = min(CALIBRATION_PASSAGES, len(encoded.ids))
    chosen = rng.choice(len(encoded.ids), count, replace=False)
    ordered = chosen[np.argsort(encoded.lengths[chosen], kind="stable")]
    parts = np.array_split(ordered, -(-count // CALIBRATION_BATCH))
    feeds = [feed(backbone, encoded, rows) for rows in parts]
    exact = traced(backbone, heads, feeds[0], with_states=with_states)
    return quantise(exact, feeds, careful=careful)


def traced(
    backbone: Backbone, heads: LinearHeads, example: Feed, *, with_states: bool = False
) -> openvino.Model:
    """The encoder, its pooling and the head in their original precision."""
    import openvino
    import torch

    tensors = tuple(torch.from_numpy(part) for part in example)
    with (
        body(backbone, heads, with_states=with_states) as module,
        torch.no_grad(),
        warnings.catch_warnings(),
    ):
        # Tracing warns of branches on sizes. Parity is checked with hundreds of other shapes.
        warnings.simplefilter("ignore")
        model: openvino.Model = openvino.convert_model(module, example_input=tensors)
    return model


@contextmanager
def body(
    backbone: Backbone, heads: LinearHeads, *, with_states: bool = False
) -> Iterator[nn.Module]:
    """A module in evaluation mode from a ``Feed`` to logits ``(rows, outputs)`` and, if
    ``with_states`` (for a target reader), states ``(rows, longest, hidden)``.

    Within the block, attention is computed as products and a softmax, which every converter
    supports; OpenVINO's conversion of fused attention is equally fast and exact.
    """
    import torch
    from torch import nn

    class Body(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = backbone.encoder
            self.weight = torch.from_numpy(heads.weights)
            self.bias = torch.from_numpy(heads.offsets)

        def forward(
            self, words: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor | None = None
        ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
            extra = {} if segments is None else {"token_type_ids": segments}
            output = self.encoder(inputs_embeds=words, attention_mask=mask, **extra)
            states = output.last_hidden_state
            vectors = pool(states, mask, backbone.pooling)
            logits = vectors @ self.weight.T + self.bias
            return (logits, states) if with_states else logits

    encoder: Any = backbone.encoder
    before = encoder.config._attn_implementation
    encoder.set_attn_implementation("eager")
    try:
        yield Body().eval()
    finally:
        encoder.set_attn_implementation(before)


def quantise(model: openvino.Model, feeds: Sequence[Feed], *, careful: bool) -> openvino.Model:
    """Quantise, measuring activations on ``feeds``; outliers are separated in place."""
    import nncf

    nncf.set_log_level(logging.ERROR)
    kept = feed_forward.prepare(model, feeds)  # first: it renames products
    kept.add(_products(model)[-1])  # the head is small, and no later layer reduces its error
    if careful:
        kept |= _of_upper_third(model)
    with redirect_stdout(StringIO()):  # its progress bars
        result: openvino.Model = nncf.quantize(
            model,
            nncf.Dataset(feeds, list),
            subset_size=len(feeds),
            preset=nncf.QuantizationPreset.MIXED,
            model_type=nncf.ModelType.TRANSFORMER,
            ignored_scope=nncf.IgnoredScope(names=sorted(kept)),
            advanced_parameters=nncf.AdvancedQuantizationParameters(
                smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=SMOOTHING)
            ),
        )
    _centre(result, model, feeds)
    return result


def _products(model: openvino.Model) -> list[str]:
    """The names of all products, in the order of the layers."""
    nodes = model.get_ordered_ops()
    return [node.get_friendly_name() for node in nodes if node.get_type_name() == "MatMul"]


def _of_upper_third(model: openvino.Model) -> set[str]:
    ends = [product.get_friendly_name() for product in feed_forward.second_products(model)]
    products = _products(model)
    below = ends[: len(ends) * 2 // 3]
    return set(products[products.index(below[-1]) + 1 :]) if below else set()


def _centre(model: openvino.Model, exact: openvino.Model, feeds: Sequence[Feed]) -> None:
    """Subtract the mean difference of each logit from the exact one, in place.

    The constant part of the quantisation error is about half as large as its variation between
    texts.
    """
    import openvino
    from openvino import opset13 as operations

    core = openvino.Core()
    ours, theirs = (core.compile_model(m, "CPU") for m in (model, exact))
    shift = np.concatenate([theirs(list(feed))[0] - ours(list(feed))[0] for feed in feeds]).mean(0)
    end = model.get_results()[0].input(0)
    end.replace_source_output(operations.add(end.get_source_output(), shift[None]).output(0))
    model.validate_nodes_and_infer_types()


def to_graph(model: openvino.Model) -> Graph:
    """The graph as the content of its two files."""
    import openvino

    with TemporaryDirectory() as folder:
        path = Path(folder) / "graph.xml"
        openvino.save_model(model, path, compress_to_fp16=False)
        return Graph.load(path.parent, path.stem)
