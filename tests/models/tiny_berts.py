"""A random BERT of two layers over forty words, small enough to train in a test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import torch
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from tokenizers.processors import BertProcessing
from transformers import (
    AlbertConfig,
    AlbertModel,
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    PreTrainedModel,
    T5Config,
    T5EncoderModel,
)

from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.models.encoder.backbones import Backbone

VOCABULARY = """
[PAD] [UNK] [CLS] [SEP]
rain snow wind sun town river old new bad good never always people speak about
дождь снег ветер солнце город река мир
red blue green one two three four five six seven eight nine ten eleven
"""
WORDS = VOCABULARY.split()
HIDDEN = 32


def tiny_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def tiny_bert(
    *,
    layers: int = 2,
    pooling: str = "mean",
    max_length: int = 24,
    spread: float = 0.02,
    seed: int = 5,
) -> Backbone:
    """The same weights for a ``seed`` every time.

    With a large ``spread`` a layer changes much of its input.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        encoder = BertModel(
            BertConfig(
                vocab_size=len(WORDS),
                hidden_size=HIDDEN,
                num_hidden_layers=layers,
                num_attention_heads=4,
                intermediate_size=64,
                max_position_embeddings=48,
                pad_token_id=0,
                initializer_range=spread,
            ),
            add_pooling_layer=False,
        )
    return _backbone(encoder, pooling, max_length)


def tiny_distilbert(*, layers: int = 2) -> Backbone:
    """An encoder that is not stacked like BERT."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        encoder = DistilBertModel(
            DistilBertConfig(
                vocab_size=len(WORDS), dim=HIDDEN, n_layers=layers, n_heads=4, hidden_dim=64
            )
        )
    return _backbone(encoder, "mean", 24)


def tiny_albert() -> Backbone:
    """Two layers that are one: they share their weights."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        encoder = AlbertModel(
            AlbertConfig(
                vocab_size=len(WORDS),
                embedding_size=16,
                hidden_size=HIDDEN,
                num_hidden_layers=2,
                num_attention_heads=4,
                intermediate_size=64,
                max_position_embeddings=48,
                pad_token_id=0,
            )
        )
    return _backbone(encoder, "mean", 24)


def tiny_t5_encoder() -> Backbone:
    """The encoder of a pair; its word embeddings have two names."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        encoder = T5EncoderModel(
            T5Config(
                vocab_size=len(WORDS), d_model=HIDDEN, d_kv=8, d_ff=64, num_layers=2, num_heads=4
            )
        )
    return _backbone(encoder, "mean", 24)


def _backbone(encoder: PreTrainedModel, pooling: str, max_length: int) -> Backbone:
    return Backbone(
        kind="hub",
        name="tiny",
        tokenizer=tiny_tokenizer(),
        encoder=encoder.train(mode=False).requires_grad_(False),
        prefix="",
        pooling=pooling,
        max_length=max_length,
        pad_id=0,
    )


def passages_of(texts: Sequence[str], before: Sequence[str] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "text": list(texts),
            "opening": [""] * len(texts),
            "before": list(before) if before is not None else [""] * len(texts),
        },
        schema={"text": pl.String, "opening": pl.String, "before": pl.String},
    )


def weather(count: int, seed: int) -> LabeledPassages:
    """Passages of five to fifteen words; output 0 says that "rain" occurs, output 1 that "wind"
    does and output 2 that "rain" does not; output 2 is asked on every second passage alone."""
    rng = np.random.default_rng(seed)
    fillers = [word for word in WORDS[4:] if word not in ("rain", "wind")]
    texts, soft = [], np.zeros((count, 3), np.float32)
    for row in range(count):
        words = rng.choice(fillers, rng.integers(5, 16)).tolist()
        rain, wind = rng.random() < 0.5, rng.random() < 0.3
        for occurs, word in ((rain, "rain"), (wind, "wind")):
            if occurs:
                words[int(rng.integers(len(words)))] = word
        soft[row] = ["rain" in words, "wind" in words, "rain" not in words]
        texts.append(" ".join(words))
    asked = np.ones((count, 3), np.bool_)
    asked[::2, 2] = False
    return LabeledPassages(passages_of(texts), soft, asked, np.full((count, 3), "", object))
