"""Settings for models, training, and hyperparameter search."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.config.choices import (
    BackboneKind,
    Context,
    Device,
    HeadStart,
    LossKind,
    ModelKind,
    Pooling,
    Precision,
    SentencePooling,
    Thresholds,
    TrainMethod,
)
from pipeline.config.ranges import between


@dataclass
class Backbone:
    kind: BackboneKind = BackboneKind.hub
    name: str = ""
    prefix: str = ""
    pooling: Pooling = Pooling.mean
    max_length: int = field(default=192, metadata=between(8, 8192))
    # Lowest layers that fine-tuning does not change; train.frozen_layers overrides this.
    frozen_layers: int = field(default=0, metadata=between(0, 1000))


@dataclass
class Lexicon:
    """Matches the codebook's cues; not trained."""


@dataclass
class Tfidf:
    word_ngrams: int = field(default=2, metadata=between(1, 5))
    character_ngrams: int = field(default=5, metadata=between(2, 8))
    min_documents: int = field(default=2, metadata=between(1, 1000))
    inverse_regularisation: float = field(default=4.0, metadata=between(1e-6, 1e6))
    context: Context = Context.both


@dataclass
class Probe:
    inverse_regularisation: float = field(default=0.01, metadata=between(1e-6, 1e6))
    context: Context = Context.none


@dataclass
class Mentions:
    """Stance from the words around a target's mentions."""

    window: int = field(default=12, metadata=between(1, 200))  # words on each side
    min_documents: int = field(default=2, metadata=between(1, 1000))
    inverse_regularisation: float = field(default=2.0, metadata=between(1e-6, 1e6))


@dataclass
class Lora:
    """Low-rank adapters of ``train.method=lora``."""

    rank: int = field(default=16, metadata=between(1, 1024))
    alpha: float = field(default=32.0, metadata=between(0.1, 4096))
    dropout: float = field(default=0.0, metadata=between(0.0, 0.9))


@dataclass
class Train:
    """Fine-tuning of a transformer."""

    method: TrainMethod = TrainMethod.frozen
    epochs: int = field(default=1, metadata=between(1, 1000))
    learning_rate: float = field(default=1e-4, metadata=between(1e-8, 1.0))
    weight_decay: float = field(default=0.01, metadata=between(0.0, 1.0))
    warmup_share: float = field(default=0.1, metadata=between(0.0, 1.0))
    batch_size: int = field(default=32, metadata=between(1, 4096))
    frozen_layers: int | None = field(default=None, metadata=between(0, 1000))
    dropout: float = field(default=0.1, metadata=between(0.0, 0.9))
    loss: LossKind = LossKind.weighted
    max_positive_weight: float = field(default=5.0, metadata=between(1.0, 1000.0))
    focusing: float = field(
        default=2.0, metadata=between(0.0, 10.0)
    )  # for focal and asymmetric loss
    # The learning rate of a layer is that of the layer above times this factor.
    layer_decay: float = field(default=1.0, metadata=between(0.01, 1.0))
    # Share of the fine-tuned weights in the final weights; the rest are the original weights.
    kept_share: float = field(default=1.0, metadata=between(0.0, 1.0))
    average_epochs: bool = False
    patience: int = field(default=2, metadata=between(1, 1000))
    context: Context = Context.none
    head_start: HeadStart = HeadStart.probe
    # A second head, shared by all targets, that reads the tokens around a target's mentions.
    # Unset: with method=frozen, the only one that knows it.
    target_reader: bool | None = None
    # From here on for train.method=full and lora.
    embeddings: bool = True  # whether they learn too; with lora they never do
    device: Device = Device.auto
    precision: Precision = Precision.auto
    # Batches to a step, which learns from accumulation x batch_size passages.
    accumulation: int = field(default=1, metadata=between(1, 4096))
    gradient_checkpointing: bool = False  # less memory, more time
    checkpoint_steps: int = field(default=200, metadata=between(1, 1_000_000))
    lora: Lora = field(default_factory=Lora)


@dataclass
class Ensemble:
    members: list[ModelKind] = field(
        default_factory=lambda: [ModelKind.tfidf, ModelKind.transformer, ModelKind.mentions]
    )
    # Weights of the members in the mean of their logits; equal if empty.
    weights: list[float] = field(default_factory=list)


@dataclass
class Sentences:
    """Every model also scores a passage sentence by sentence."""

    pooling: SentencePooling = SentencePooling.max
    # Weight of the sentences against the whole passage; 0 skips them, which halves the work.
    share: float = field(default=0.5, metadata=between(0.0, 1.0))


@dataclass
class Model:
    kind: ModelKind = ModelKind.ensemble
    tfidf: Tfidf = field(default_factory=Tfidf)
    probe: Probe = field(default_factory=Probe)
    mentions: Mentions = field(default_factory=Mentions)
    ensemble: Ensemble = field(default_factory=Ensemble)
    sentences: Sentences = field(default_factory=Sentences)
    # Frames are corrected by the stances that the codebook says they involve.
    involved_stances: bool = True
    thresholds: Thresholds = Thresholds.auto


@dataclass
class Space:
    """The search space of a setting: low to high, or choices as typed on the command line."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: list[str] = field(default_factory=list)


@dataclass
class Tune:
    """``rhetoric tune``: name of the study, number of trials, and setting → search space."""

    study: str = "study"
    trials: int = field(default=30, metadata=between(1, 100_000))
    # Number of trials that run to the end before any is pruned.
    unpruned: int = field(default=5, metadata=between(0, 100_000))
    space: dict[str, Space] = field(default_factory=dict)
