"""Runs a converted encoder, with the same tokens and batches as the reference."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import Mask, Matrix
from pipeline.models.calibration import sigmoid
from pipeline.models.encoder.cache import OutputCache
from pipeline.models.encoder.encoding import Encoded, Rows, batches, encode
from pipeline.models.encoder.fine_tuning import FineTunedEncoder
from pipeline.models.encoder.mentioned_targets import Pairs
from pipeline.models.encoder.probe import FittedProbe
from pipeline.models.encoder.target_reader import TargetReader

if TYPE_CHECKING:
    import openvino

    from pipeline.models.encoder.backbones import Backbone

Encoder = FineTunedEncoder | FittedProbe
# Inputs of the graph: word embeddings (rows, longest, hidden) float32, the mask (rows, longest)
# int64, and (rows, longest) int64 segments if the encoder distinguishes text and context.
Feed = tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Graph:
    """An OpenVINO graph as the content of its two files."""

    xml: bytes
    weights: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(
            hashlib.sha256(self.xml).digest() + hashlib.sha256(self.weights).digest()
        ).hexdigest()

    def save(self, folder: Path, name: str) -> None:
        for ending, content in ((".xml", self.xml), (".bin", self.weights)):
            with files.replacing(folder / f"{name}{ending}") as temporary:
                temporary.write_bytes(content)

    @classmethod
    def load(cls, folder: Path, name: str) -> Graph:
        try:
            return cls((folder / f"{name}.xml").read_bytes(), (folder / f"{name}.bin").read_bytes())
        except OSError as error:
            raise InputError(f"{folder}: the converted model is incomplete: {error}") from error

    def compiled(self, threads: int) -> openvino.CompiledModel:
        """Compile with one stream per thread: parallel batches are faster for small models.

        Caching per batch shape is disabled: there are hundreds of shapes, the cache would grow to
        gigabytes, and batches are not slower without it.
        """
        import openvino

        core = openvino.Core()
        weights = np.frombuffer(self.weights, np.uint8)
        model = core.read_model(self.xml, openvino.Tensor(weights.copy()))
        settings = {
            "NUM_STREAMS": threads,
            "INFERENCE_NUM_THREADS": threads,
            "CPU_RUNTIME_CACHE_CAPACITY": 0,
        }
        return core.compile_model(model, "CPU", settings)


@dataclass(frozen=True)
class ConvertedEncoder:
    """Replaces ``original`` in a fitted model; uses its tokenizer and word embeddings.

    Outputs are cached until :meth:`clear_cache`, since sentences read for sentence pooling are read
    again for evidence.
    """

    kind: ClassVar[str] = "converted"

    original: Encoder
    graph: Graph
    threads: int
    cache: OutputCache = field(default_factory=OutputCache, repr=False)

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        """``(n, outputs)``; passages with the same tokens are read once."""
        own = self.original
        encoded = encode(own.backbone, passages, own.context)
        return self.cache.get(
            encoded,
            own.heads.outputs,
            lambda new: sigmoid(self._logits(new)).astype(np.float32),
            () if self._reader is None else self._reader.marks(encoded),
        )

    def clear_cache(self) -> None:
        self.cache.clear()

    def is_truncated(self, passages: pl.DataFrame) -> Mask:
        return self.original.is_truncated(passages)

    def save(self, folder: Path) -> None:
        raise NotImplementedError("a converted encoder lies beside its original, never alone")

    @classmethod
    def load(cls, folder: Path) -> ConvertedEncoder:
        raise NotImplementedError("a converted encoder lies beside its original, never alone")

    @property
    def _reader(self) -> TargetReader | None:
        return reader_of(self.original)

    @cached_property
    def _queue(self) -> openvino.AsyncInferQueue:
        import openvino

        return openvino.AsyncInferQueue(self.graph.compiled(self.threads))

    def _logits(self, encoded: Encoded) -> NDArray[np.float32]:
        result = np.zeros((len(encoded.ids), self.original.heads.outputs), np.float32)

        reader = self._reader
        pairs = reader.pairs(encoded) if reader is not None else Pairs.none()
        features = pairs.no_features(self.original.backbone.hidden_size)

        def keep(request: Any, rows: Rows) -> None:
            result[rows] = request.get_output_tensor(0).data
            if len(pairs):
                pairs.pool(rows, request.get_output_tensor(1).data, features)

        queue = self._queue
        queue.set_callback(keep)
        for rows in batches(encoded):
            queue.start_async(list(feed(self.original.backbone, encoded, rows)), rows)
        queue.wait_all()
        if reader is not None:
            reader.join(result, pairs, features)
        return result


def reader_of(encoder: Encoder) -> TargetReader | None:
    """The target reader of an encoder, or None."""
    return encoder.reader if isinstance(encoder, FineTunedEncoder) else None


def feed(backbone: Backbone, encoded: Encoded, rows: Rows) -> Feed:
    """The graph's inputs for these rows, padded to the longest."""
    lengths = encoded.lengths[rows]
    ids = np.full((len(rows), int(lengths.max())), backbone.pad_id, np.int64)
    mask = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)
    ids[mask.astype(bool)] = np.concatenate([encoded.ids[row] for row in rows])
    table = backbone.encoder.get_input_embeddings().weight.detach().numpy()  # type: ignore[operator]
    if not backbone.has_segments:
        return table[ids], mask
    segments = np.zeros_like(ids)
    segments[mask.astype(bool)] = np.concatenate([encoded.segments[row] for row in rows])
    return table[ids], mask, segments


def available_threads() -> int:
    """The number of cores that this process may use, limited by OMP_NUM_THREADS, which clusters set
    for their workers."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    limit = int(wanted) if wanted.isdigit() and int(wanted) > 0 else cores
    return max(1, min(cores or 1, limit or 1))
