"""The words that a setting may take, where it may take only some."""

from __future__ import annotations

from enum import Enum


class ModelKind(Enum):
    lexicon = "lexicon"
    tfidf = "tfidf"
    probe = "probe"
    transformer = "transformer"
    mentions = "mentions"
    ensemble = "ensemble"


class BackboneKind(Enum):
    packaged_e5 = "packaged_e5"
    packaged_minilm = "packaged_minilm"
    hub = "hub"  # any hub id or local folder


class Pooling(Enum):
    mean = "mean"
    first = "first"


class Context(Enum):
    """What a model reads beside the passage's text."""

    none = "none"
    before = "before"
    both = "both"


class LossKind(Enum):
    """How the many absent answers are kept from drowning the few present ones."""

    weighted = "weighted"
    focal = "focal"
    asymmetric = "asymmetric"


class HeadStart(Enum):
    """Where the head of a fine-tuned model begins."""

    probe = "probe"  # logistic regressions on the frozen features
    random = "random"


class SentencePooling(Enum):
    """How the sentences of a passage speak together."""

    noisy_or = "noisy_or"  # at least one of them carries it
    max = "max"  # the strongest one


class Adjudication(Enum):
    majority = "majority"
    dawid_skene = "dawid_skene"


class Engine(Enum):
    openvino = "openvino"  # 8-bit integers, converted after training
    torch = "torch"  # the reference


class RunnerKind(Enum):
    local = "local"
    ray = "ray"


class ScoreFormat(Enum):
    parquet = "parquet"
    csv = "csv"
    xlsx = "xlsx"
    jsonl = "jsonl"


class ReportLanguage(Enum):
    en = "en"
    ru = "ru"
