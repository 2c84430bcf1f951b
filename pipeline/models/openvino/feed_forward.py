"""Prepares the feed-forward blocks of an encoder for 8-bit integers.

All inputs of a matrix product share one scale. In most blocks of E5 a single inner neuron is up to
twenty times as large as all others, and a scale for its range leaves only a few steps for the
others; Dettmers et al. (2022) found such features in larger models. The contribution of an inner
neuron does not depend on the others, so the few large ones are moved to a separate small block in
floating point; the sum of both blocks equals the original.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import openvino

    from pipeline.models.openvino.encoder import Feed

Weights = NDArray[np.float32]
# An inner neuron is separated if its maximum is this many times the 90th percentile of maxima.
OUTLIER = 3.0
# The last quarter of the blocks stays in floating point, since few layers follow that could reduce
# their error. On E5 they caused nearly half of the error and take a twentieth of the time.
LAST = 4


@dataclass(frozen=True)
class Block:
    """``second · gelu(first · x + bias)``; the bias of the second product is added afterwards.

    Attributes:
        x: the block's input in the graph.
        first: ``(inner, hidden)``; ``bias``: ``(inner,)``; ``second``: ``(hidden, inner)``.
        gelu: the operation between the two products, ``(rows, longest, inner)``.
        product: the second product.
    """

    x: Any
    first: Weights
    bias: Weights
    second: Weights
    gelu: Any
    product: Any

    def only(self, neurons: NDArray[np.bool_], name: str) -> openvino.Node:
        """New operations that compute the block with only some of its inner neurons."""
        from openvino import opset13 as operations

        first = operations.matmul(self.x, self.first[neurons], False, True)
        bias = self.bias[neurons].reshape(1, 1, -1)
        mode = self.gelu.get_attributes()["approximation_mode"]
        inner = operations.gelu(operations.add(first, bias), mode)
        second = np.ascontiguousarray(self.second[:, neurons])
        product: openvino.Node = operations.matmul(inner, second, False, True)
        first.set_friendly_name(f"{name}/first")
        product.set_friendly_name(name)
        return product


def prepare(model: openvino.Model, feeds: Sequence[Feed]) -> set[str]:
    """Separate outliers in place; returns the names of products to keep in floating point.

    Sizes of neurons are measured on ``feeds``. A second product in a block of another form than
    :class:`Block` is also kept in floating point.
    """
    products = second_products(model)
    blocks = [_block(product) for product in products]
    peaks = _peaks(model, [block.gelu for block in blocks if block is not None], feeds)
    names = [product.get_friendly_name() for product in products]
    kept = set(names[len(names) - len(names) // LAST :])
    for name, block in zip(names, blocks, strict=True):
        if block is None:
            kept.add(name)
            continue
        peak = peaks.pop(0)
        large = peak > OUTLIER * np.quantile(peak, 0.9)
        if large.any():
            kept |= {f"{name}/apart", f"{name}/apart/first"}
            _replace(block, large, name)
    model.validate_nodes_and_infer_types()
    return kept


def second_products(model: openvino.Model) -> list[Any]:
    """The products whose input is a GELU, from the bottom to the top of the encoder."""
    return [
        node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "MatMul" and _behind(node, 0).get_type_name() == "Gelu"
    ]


def _block(product: Any) -> Block | None:
    gelu = _behind(product, 0)
    plus = _behind(gelu, 0)
    # The graph omits a bias of zeros.
    first = _behind(plus, 0) if plus.get_type_name() == "Add" else plus
    if first.get_type_name() != "MatMul":
        return None
    inner, outer = _constant(first, 1), _constant(product, 1)
    if inner is None or outer is None:
        return None
    inner = inner if first.get_attributes()["transpose_b"] else inner.T
    outer = outer if product.get_attributes()["transpose_b"] else outer.T
    bias = np.zeros(len(inner), np.float32) if first is plus else _constant(plus, 1)
    if bias is None:
        return None
    return Block(first.input_value(0), inner, bias.reshape(-1), outer, gelu, product)


def _constant(node: Any, place: int) -> Weights | None:
    value = _behind(node, place)
    return np.array(value.data, np.float32) if value.get_type_name() == "Constant" else None


def _behind(node: Any, place: int) -> Any:
    return node.input_value(place).get_node()


def _peaks(
    model: openvino.Model, gelus: Sequence[Any], feeds: Sequence[Feed]
) -> list[NDArray[np.float32]]:
    """The maximum absolute value of every inner neuron, ``(inner,)`` per block."""
    import openvino
    from openvino import opset13 as operations

    if not gelus:
        return []
    tokens = np.array([0, 1])
    largest = [operations.reduce_max(operations.abs(gelu), tokens) for gelu in gelus]
    probe = openvino.Model(
        [operations.result(size) for size in largest], model.get_parameters(), "peaks"
    )
    measure = openvino.Core().compile_model(probe, "CPU")
    seen = [list(measure(list(feed)).values()) for feed in feeds]
    return [np.maximum.reduce(own) for own in zip(*seen, strict=True)]


def _replace(block: Block, large: NDArray[np.bool_], name: str) -> None:
    from openvino import opset13 as operations

    readers = list(block.product.output(0).get_target_inputs())
    apart = block.only(large, f"{name}/apart")
    both = operations.add(block.only(~large, name), apart)
    for reader in readers:
        reader.replace_source_output(both.output(0))
