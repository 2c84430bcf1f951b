"""Low-rank adapters (Hu et al. 2022, "LoRA: Low-rank adaptation of large language models"): beside
each frozen matrix learns the product of two small ones, which is added to it at the end."""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class LoraSettings:
    """``rank`` of the products, which count ``alpha / rank``; ``dropout`` on their input."""

    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.0


def check_installed() -> None:
    """Raises :class:`InputError` where peft, an extra, is not installed."""
    if importlib.util.find_spec("peft") is None:
        raise InputError(
            "train.method=lora needs peft, which is not installed; "
            "run `pip install 'rhetoric-pipeline[lora]'`"
        )


def with_adapters(encoder: PreTrainedModel, settings: LoraSettings, seed: int) -> PreTrainedModel:
    """The encoder with adapters beside every linear layer, which alone learn."""
    import torch
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
    )
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft calls what transformers renames
        torch.manual_seed(seed)
        adapted: PreTrainedModel = get_peft_model(encoder, config)
    return adapted


def merged(encoder: PreTrainedModel) -> PreTrainedModel:
    """A plain encoder of the kind that :func:`with_adapters` was given, adapters added."""
    adapted: Any = encoder
    plain: PreTrainedModel = adapted.merge_and_unload()
    return plain
