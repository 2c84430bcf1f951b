"""Tokenises passages and encodes them as vectors, in batches that depend only on the passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.io.progress import Progress, quiet
from pipeline.models.base import Mask, Matrix
from pipeline.models.context import context_of
from pipeline.models.encoder.backbones import Backbone

if TYPE_CHECKING:
    import torch
    from tokenizers import Encoding

# On two cores 2048 is a tenth faster than 4096 or 1024: less padding, and it fits the CPU cache.
BATCH_TOKENS = 2048
# A GPU is kept busy by more; by how much more was not measured.
BATCH_TOKENS_OF_A_GPU = 32768
Rows = NDArray[np.int64]
Offsets = NDArray[np.int32]


@dataclass(frozen=True)
class Encoded:
    """Tokens of n passages.

    Attributes:
        ids: one array of token ids per passage, including special tokens.
        segments: 0 for the text, 1 for the context, if the tokenizer distinguishes them.
        truncated: ``(n,)`` bool, True if the text did not fit (truncated context does not count).
        offsets: ``(tokens, 2)`` per passage, begin and end of each token in its text; -1 and -1
            for special tokens and tokens of prefix and context.
        texts: the complete texts that offsets refer to.
    """

    ids: list[Rows]
    segments: list[Rows]
    truncated: Mask
    offsets: list[Offsets]
    texts: list[str]

    @property
    def lengths(self) -> Rows:
        return np.array([len(ids) for ids in self.ids], np.int64)

    def take(self, rows: Sequence[int]) -> Encoded:
        """The given rows, in this order."""
        ids, segments = [self.ids[row] for row in rows], [self.segments[row] for row in rows]
        offsets, texts = [self.offsets[row] for row in rows], [self.texts[row] for row in rows]
        return Encoded(ids, segments, self.truncated[list(rows)], offsets, texts)


def encode(backbone: Backbone, passages: pl.DataFrame, context: str = "none") -> Encoded:
    """Tokenise up to ``max_length``; the context gets only the length that the text leaves."""
    tokenizer = backbone.tokenizer
    texts = [backbone.prefix + text for text in passages["text"]]
    firsts = tokenizer.encode_batch(texts, add_special_tokens=False)
    seconds = tokenizer.encode_batch(context_of(passages, context), add_special_tokens=False)
    ids, segments, offsets, truncated = [], [], [], np.zeros(len(texts), np.bool_)
    single = tokenizer.num_special_tokens_to_add(False)
    double = tokenizer.num_special_tokens_to_add(True)
    for row, (first, second) in enumerate(zip(firsts, seconds, strict=True)):
        truncated[row] = len(first) > backbone.max_length - single
        first.truncate(backbone.max_length - single)
        room = backbone.max_length - double - len(first)
        if len(second) and room > 0:
            second.truncate(room)
            whole = tokenizer.post_process(first, second)
        else:
            whole = tokenizer.post_process(first)
        ids.append(np.array(whole.ids, np.int64))
        segments.append(np.array(whole.type_ids, np.int64))
        offsets.append(_offsets(whole, len(backbone.prefix)))
    return Encoded(ids, segments, truncated, offsets, passages["text"].to_list())


def _offsets(whole: Encoding, prefix: int) -> Offsets:
    """Offsets after a prefix of so many characters; a token across its end belongs to the text."""
    found = np.array(whole.offsets, np.int32).reshape(-1, 2) - prefix
    outside = np.array([sequence != 0 for sequence in whole.sequence_ids], np.bool_)
    found[outside | (found[:, 1] <= 0)] = -1
    found[:, 0] = np.where(found[:, 1] > 0, np.maximum(found[:, 0], 0), -1)
    return found


def batches(encoded: Encoded, max_tokens: int = BATCH_TOKENS) -> list[Rows]:
    """Row numbers in batches of similar length, longest first, ``rows x longest <= max_tokens``.

    A passage longer than ``max_tokens`` is a batch of its own. Equal lengths are ordered by their
    tokens, so that batches, and every bit of the result, do not depend on the order of the rows.
    """
    ids = encoded.ids
    order = sorted(range(len(ids)), key=lambda row: (-len(ids[row]), ids[row].tolist()))
    result: list[Rows] = []
    start = 0
    while start < len(order):
        size = max(1, max_tokens // max(1, len(ids[order[start]])))
        result.append(np.array(order[start : start + size], np.int64))
        start += size
    return result


@dataclass(frozen=True)
class Batch:
    """Padded tokens: ``ids``, ``segments`` int64 and ``mask`` bool, all ``(rows, longest)``."""

    ids: torch.Tensor
    segments: torch.Tensor
    mask: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(self.ids.to(device), self.segments.to(device), self.mask.to(device))


def padded(backbone: Backbone, encoded: Encoded, rows: Rows) -> Batch:
    import torch

    longest = max(len(encoded.ids[row]) for row in rows)
    ids = torch.full((len(rows), longest), backbone.pad_id, dtype=torch.int64)
    segments = torch.zeros((len(rows), longest), dtype=torch.int64)
    mask = torch.zeros((len(rows), longest), dtype=torch.bool)
    for position, row in enumerate(rows):
        length = len(encoded.ids[row])
        ids[position, :length] = torch.from_numpy(encoded.ids[row])
        segments[position, :length] = torch.from_numpy(encoded.segments[row])
        mask[position, :length] = True
    return Batch(ids, segments, mask)


def hidden_states(backbone: Backbone, batch: Batch) -> torch.Tensor:
    """``(rows, longest, hidden)`` of the encoder's last layer."""
    mask = batch.mask.to(batch.ids.dtype)
    if backbone.has_segments:
        output = backbone.encoder(
            input_ids=batch.ids, attention_mask=mask, token_type_ids=batch.segments
        )
    else:
        output = backbone.encoder(input_ids=batch.ids, attention_mask=mask)
    states: torch.Tensor = output.last_hidden_state
    return states


def pool(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """``(rows, hidden)``: the mean over the tokens without padding, or the first token."""
    if pooling == "first":
        return states[:, 0]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)


def state_batches(
    backbone: Backbone, encoded: Encoded, max_tokens: int | None = None
) -> Iterator[tuple[Rows, torch.Tensor, torch.Tensor]]:
    """Per batch: row numbers, states ``(rows, longest, hidden)`` and pooled vectors ``(rows,
    hidden)``, without gradients, on the encoder's device."""
    import torch

    device = backbone.encoder.device
    if max_tokens is None:
        max_tokens = BATCH_TOKENS if device.type == "cpu" else BATCH_TOKENS_OF_A_GPU
    for rows in batches(encoded, max_tokens):
        with torch.inference_mode():
            batch = padded(backbone, encoded, rows).to(device)
            states = hidden_states(backbone, batch)
            yield rows, states, pool(states, batch.mask, backbone.pooling)


def features(backbone: Backbone, encoded: Encoded, progress: Progress = quiet) -> Matrix:
    """``(n, hidden)`` float32 pooled vectors in row order, not normalised."""
    result = np.zeros((len(encoded.ids), backbone.hidden_size), np.float32)
    with progress(len(encoded.ids), "Reading passages") as advance:
        for rows, _, vectors in state_batches(backbone, encoded):
            result[rows] = vectors.cpu().numpy()
            advance(len(rows))
    return result
