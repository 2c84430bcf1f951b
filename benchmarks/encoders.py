"""Common ways of running a fine-tuned encoder, for ``benchmarks/scoring.py``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.models.base import Matrix
from pipeline.models.calibration import sigmoid
from pipeline.models.classifier import Classifier
from pipeline.models.encoder.encoding import batches, encode, pool
from pipeline.models.openvino import Conversion
from pipeline.models.openvino.conversion import encoders
from pipeline.models.openvino.encoder import ConvertedEncoder, Encoder, available_threads, feed

Answer = Callable[[pl.DataFrame], Matrix]
Way = Callable[[Classifier, Path], Answer]


def encoder_of(classifier: Classifier) -> Encoder:
    """The first encoder of a classifier."""
    return next(iter(encoders(classifier.fitted).values()))


def threads() -> int:
    return available_threads()


def products_per_token(encoder: Encoder) -> int:
    """Multiplications with weights, without those of attention, which depend on the length."""
    from torch import nn

    layers = encoder.backbone.encoder.modules()
    return sum(layer.weight.numel() for layer in layers if isinstance(layer, nn.Linear))


def torch_sorted(classifier: Classifier, folder: Path) -> Answer:
    return encoder_of(classifier).probabilities


def ours(classifier: Classifier, folder: Path) -> Answer:
    conversion = Conversion.load(folder)
    if conversion is None:
        raise SystemExit(f"{folder}: no converted model; train it again")
    place, encoder = next(iter(encoders(classifier.fitted).items()))
    converted = ConvertedEncoder(encoder, conversion.graphs[place], available_threads())

    def answer(passages: pl.DataFrame) -> Matrix:
        converted.clear_cache()
        return converted.probabilities(passages)

    return answer


def pipeline_of(batch_size: int) -> Way:
    """Hugging Face's ``Pipeline`` in its usual form: texts in given order, padded per batch."""

    def way(classifier: Classifier, folder: Path) -> Answer:
        import torch
        from transformers import Pipeline, PreTrainedTokenizerFast

        encoder = encoder_of(classifier)
        own = encoder.backbone
        weight = torch.from_numpy(encoder.heads.weights)
        bias = torch.from_numpy(encoder.heads.offsets)

        class Classify(Pipeline):
            def _sanitize_parameters(self, **parameters: Any) -> Any:
                return {}, {}, {}

            def preprocess(self, input_: Any, **parameters: Any) -> Any:
                return tokenizer(
                    input_, truncation=True, max_length=own.max_length, return_tensors="pt"
                )

            def _forward(self, input_tensors: Any, **parameters: Any) -> Any:
                states = self.model(**input_tensors).last_hidden_state
                mask = input_tensors["attention_mask"]
                return {"logits": pool(states, mask, own.pooling) @ weight.T + bias}

            def postprocess(self, model_outputs: Any, **parameters: Any) -> Any:
                return torch.sigmoid(model_outputs["logits"][0]).numpy()

        tokenizer: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=own.tokenizer,
            pad_token=own.tokenizer.id_to_token(own.pad_id),
            model_input_names=["input_ids", "attention_mask"],
        )
        classify = Classify(model=own.encoder, tokenizer=tokenizer, device=torch.device("cpu"))

        def answer(passages: pl.DataFrame) -> Matrix:
            texts = [own.prefix + text for text in passages["text"]]
            return np.stack(list(classify(texts, batch_size=batch_size)))

        return answer

    return way


def onnx_int8(classifier: Classifier, folder: Path) -> Answer:
    """Exported once, per-channel int8 weights, dynamically quantised activations; sorted."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    encoder = encoder_of(classifier)
    own = encoder.backbone
    names = ["words", "mask", "segments"][: 3 if own.has_segments else 2]
    with tempfile.TemporaryDirectory() as temporary:
        plain, small = Path(temporary) / "plain.onnx", Path(temporary) / "int8.onnx"
        _export(encoder, names, plain)
        quantize_dynamic(plain, small, per_channel=True, weight_type=QuantType.QInt8)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = available_threads()
        session = onnxruntime.InferenceSession(small, options, ["CPUExecutionProvider"])

    def answer(passages: pl.DataFrame) -> Matrix:
        encoded = encode(own, passages, encoder.context)
        logits = np.zeros((len(encoded.ids), encoder.heads.outputs), np.float32)
        for rows in batches(encoded):
            inputs = dict(zip(names, feed(own, encoded, rows), strict=True))
            logits[rows] = session.run(None, inputs)[0]
        return sigmoid(logits).astype(np.float32)

    return answer


def _export(encoder: Encoder, names: list[str], path: Path) -> None:
    import torch

    from pipeline.models.openvino.graph import body

    own = encoder.backbone
    example = pl.DataFrame(
        {"text": ["Two words.", "A few more words."], "opening": "", "before": ""}
    )
    feeds = feed(own, encode(own, example, encoder.context), np.array([0, 1]))
    with body(own, encoder.heads) as module, torch.no_grad():
        torch.onnx.export(
            module,
            tuple(torch.from_numpy(part) for part in feeds),
            str(path),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: {0: "rows", 1: "longest"} for name in names}
            | {"logits": {0: "rows"}},
            opset_version=18,
            dynamo=False,
        )


def int8_peak() -> float:
    """Operations per second of all cores on large int8 matrix products."""
    import openvino
    from openvino import opset13 as ops

    rows, width, layers = 2048, 1024, 8
    rng = np.random.default_rng(0)
    bounds = [np.float32(-1), np.float32(1)]
    state = given = ops.parameter([rows, width], np.float32)
    for _ in range(layers):
        weights = ops.constant(rng.uniform(-1, 1, (width, width)).astype(np.float32))
        integers = ops.fake_quantize(weights, *bounds, *bounds, 255)
        state = ops.matmul(ops.fake_quantize(state, *bounds, *bounds, 256), integers, False, True)
    model = openvino.Model([state], [given])
    settings = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": available_threads()}
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    data = rng.uniform(-1, 1, (rows, width)).astype(np.float32)
    best = np.inf
    for _ in range(12):
        before = time.perf_counter()
        request.infer([data])
        best = min(best, time.perf_counter() - before)
    return 2 * rows * width * width * layers / best
