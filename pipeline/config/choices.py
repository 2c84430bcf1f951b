"""Enumerations of the values that settings may take."""

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
    """The context that a model reads in addition to the passage's text."""

    none = "none"
    before = "before"
    both = "both"


class TrainMethod(Enum):
    """Which weights of an encoder learn."""

    frozen = "frozen"  # the upper layers, over frozen ones that are computed once; on the CPU
    full = "full"  # all layers
    lora = "lora"  # low-rank adapters, merged into the weights at the end


class Device(Enum):
    auto = "auto"  # cuda or mps where there is one, else cpu
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Precision(Enum):
    """What layers are computed in; weights stay in fp32."""

    auto = "auto"  # bf16 on a GPU that has it, else fp32
    fp32 = "fp32"
    bf16 = "bf16"
    fp16 = "fp16"


class LossKind(Enum):
    """How the loss handles the imbalance of many absent and few present answers."""

    weighted = "weighted"
    focal = "focal"
    asymmetric = "asymmetric"


class HeadStart(Enum):
    """Initial weights of the head of a fine-tuned model."""

    probe = "probe"  # logistic regressions on the frozen features
    random = "random"


class Thresholds(Enum):
    """How probabilities of frames become decisions: see ``models/thresholds.py``."""

    auto = "auto"  # half for labels/, f1 for a labelled table of the user's own
    half = "half"
    f1 = "f1"


class SentencePooling(Enum):
    """How the scores of a passage's sentences are combined."""

    noisy_or = "noisy_or"  # probability that at least one is positive
    max = "max"  # the highest score


class Adjudication(Enum):
    majority = "majority"
    dawid_skene = "dawid_skene"


class Votes(Enum):
    people_first = "people_first"  # models and rules count where no person answered
    all = "all"


class AskedQuestions(Enum):
    """How a language model is asked about a passage."""

    together = "together"  # one request
    apart = "apart"  # one request a question


class AskedRules(Enum):
    full = "full"
    definitions = "definitions"


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
