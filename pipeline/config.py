"""The typed configuration: every setting, its default and its range.

Hydra composes the YAML under ``configs/`` over these classes, so a misspelt key or a wrong type is
refused. Defaults live here; a YAML file says only what differs and why. Nothing below a stage ever
sees a config: stages hand over plain values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from pipeline.errors import InputError


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


def _range(low: float, high: float) -> dict[str, float]:
    return {"low": low, "high": high}


@dataclass
class Table:
    """How columns of a CSV, JSONL or Parquet file map to a post.

    Null: recognised by its usual names (``id``, ``text``, ``date`` …); ``""``: not in the file.
    ``peer_id.channel_id`` reaches into nested values; of ``a|b`` the first that is there counts.
    """

    id: str | None = None
    message: str | None = None  # the message's number; channel/number makes the id
    text: str | None = None  # a list column gives one paragraph an item
    channel: str | None = None
    published: str | None = None  # a time, a unix time, or a year alone
    edited: str | None = None
    forwarded_from: str | None = None
    url: str | None = None
    media: str | None = None


@dataclass
class Ingest:
    files: list[str] = field(default_factory=lambda: ["labels/texts/*.jsonl"])
    # Whether the texts of label.hydrated are read as well; files on the command line come alone.
    hydrated: bool = True
    table: Table = field(default_factory=Table)
    # Another name of the same channel → the name that counts, e.g. {"1234567": "embassy_x"}.
    channel_aliases: dict[str, str] = field(default_factory=dict)


@dataclass
class Segment:
    min_characters: int = field(default=25, metadata=_range(1, 10_000))
    # A line with a bullet or emoji marker is a paragraph of its own from this length.
    item_characters: int = field(default=40, metadata=_range(1, 10_000))
    # Near-duplicates: estimated Jaccard similarity of word shingles.
    family_similarity: float = field(default=0.7, metadata=_range(0.1, 1.0))


@dataclass
class Label:
    texts: str = "labels/texts"
    annotations: str = "labels/annotations"
    coders: str = "labels/coders.yaml"
    # Texts that may not be redistributed, found in the user's own copies; never under git.
    hydrated: str = "labels/hydrated"
    adjudication: Adjudication = Adjudication.majority


@dataclass
class Labelled:
    """A labelled table of one's own in the place of labels/: a row a passage with its answers.

    Columns that are null are recognised by their usual names; ``""``: not in the table. A question
    is answered in a column of its own name, or in one that lists labels.
    """

    folder: str = ""  # where the files below are looked for; "": here
    files: list[str] = field(default_factory=list)  # folds by column, or drawn
    train: list[str] = field(default_factory=list)
    dev: list[str] = field(default_factory=list)  # drawn from train where there is none
    test: list[str] = field(default_factory=list)
    header: list[str] = field(default_factory=list)  # columns in order, for files without a header
    text: str | None = None
    opening: str | None = None
    before: str | None = None
    language: str | None = None  # detected where the table does not say
    post: str | None = None  # passages of one post or group are never divided
    group: str | None = None
    channel: str | None = None
    voice: str | None = None
    coder: str | None = None
    labels: str | None = None
    fold: str | None = None
    separator: str = ";"
    # Words of the table → present, absent …, beside the usual 1, 0, yes, no.
    answers: dict[str, str] = field(default_factory=dict)
    # Cross-validation: each part is the test once. {part} in names of files stands for it, or the
    # column of folds names it.
    parts: list[str] = field(default_factory=list)
    part: str = ""  # this one alone

    @property
    def given(self) -> bool:
        """Whether there is such a table."""
        return bool(self.files or self.train or self.dev or self.test)


@dataclass
class Split:
    dev_share: float = field(default=0.1, metadata=_range(0.0, 0.5))
    test_share: float = field(default=0.1, metadata=_range(0.0, 0.5))
    test_families: str = "labels/test_families.txt"
    extend_test: bool = False


@dataclass
class Backbone:
    kind: BackboneKind = BackboneKind.hub
    name: str = ""
    prefix: str = ""
    pooling: Pooling = Pooling.mean
    max_length: int = field(default=192, metadata=_range(8, 8192))
    # Layers from the bottom that fine-tuning leaves as they are, unless train.frozen_layers says.
    frozen_layers: int = field(default=0, metadata=_range(0, 1000))


@dataclass
class Lexicon:
    """Cues of the codebook; nothing is learnt."""


@dataclass
class Tfidf:
    word_ngrams: int = field(default=2, metadata=_range(1, 5))
    character_ngrams: int = field(default=5, metadata=_range(2, 8))
    min_documents: int = field(default=2, metadata=_range(1, 1000))
    inverse_regularisation: float = field(default=4.0, metadata=_range(1e-6, 1e6))
    context: Context = Context.both


@dataclass
class Probe:
    inverse_regularisation: float = field(default=0.01, metadata=_range(1e-6, 1e6))
    context: Context = Context.none


@dataclass
class Mentions:
    """Stance from the words around a target's mentions."""

    window: int = field(default=12, metadata=_range(1, 200))  # words on either side
    min_documents: int = field(default=2, metadata=_range(1, 1000))
    inverse_regularisation: float = field(default=2.0, metadata=_range(1e-6, 1e6))


@dataclass
class Train:
    """Fine-tuning of a transformer."""

    epochs: int = field(default=1, metadata=_range(1, 1000))
    learning_rate: float = field(default=1.5e-4, metadata=_range(1e-8, 1.0))
    weight_decay: float = field(default=0.01, metadata=_range(0.0, 1.0))
    warmup_share: float = field(default=0.1, metadata=_range(0.0, 1.0))
    batch_size: int = field(default=32, metadata=_range(1, 4096))
    frozen_layers: int | None = field(default=None, metadata=_range(0, 1000))
    dropout: float = field(default=0.1, metadata=_range(0.0, 0.9))
    loss: LossKind = LossKind.weighted
    max_positive_weight: float = field(default=5.0, metadata=_range(1.0, 1000.0))
    focusing: float = field(default=2.0, metadata=_range(0.0, 10.0))  # of focal and asymmetric
    # A layer's learning rate is that of the layer above times this.
    layer_decay: float = field(default=1.0, metadata=_range(0.01, 1.0))
    # The rest is taken from the weights before fine-tuning.
    kept_share: float = field(default=1.0, metadata=_range(0.0, 1.0))
    average_epochs: bool = False
    patience: int = field(default=2, metadata=_range(1, 1000))
    context: Context = Context.none
    head_start: HeadStart = HeadStart.probe


@dataclass
class Ensemble:
    members: list[ModelKind] = field(
        default_factory=lambda: [ModelKind.tfidf, ModelKind.transformer, ModelKind.mentions]
    )
    # Shares of the members in the mean of their logits; equal when empty.
    weights: list[float] = field(default_factory=list)


@dataclass
class Sentences:
    """Every model also reads a passage sentence by sentence."""

    pooling: SentencePooling = SentencePooling.noisy_or
    # Weight of the sentences beside the whole; 0 leaves them unread, which halves the work.
    share: float = field(default=0.67, metadata=_range(0.0, 1.0))


@dataclass
class Model:
    kind: ModelKind = ModelKind.ensemble
    tfidf: Tfidf = field(default_factory=Tfidf)
    probe: Probe = field(default_factory=Probe)
    mentions: Mentions = field(default_factory=Mentions)
    ensemble: Ensemble = field(default_factory=Ensemble)
    sentences: Sentences = field(default_factory=Sentences)


@dataclass
class Reference:
    """A result of others on the same test, printed beside ours."""

    name: str = ""
    f1_micro: float = field(default=0.0, metadata=_range(0.0, 1.0))
    f1_macro: float = field(default=0.0, metadata=_range(0.0, 1.0))


@dataclass
class Evaluate:
    bootstrap_samples: int = field(default=1000, metadata=_range(10, 100_000))
    confidence: float = field(default=0.95, metadata=_range(0.5, 0.999))
    references: list[Reference] = field(default_factory=list)


@dataclass
class Score:
    engine: Engine = Engine.openvino
    shard_passages: int = field(default=5000, metadata=_range(1, 1_000_000))
    evidence: bool = True
    formats: list[ScoreFormat] = field(default_factory=lambda: [ScoreFormat.parquet])


@dataclass
class Runner:
    """Where shards are scored; decisions do not depend on it."""

    kind: RunnerKind = RunnerKind.local
    workers: int = field(default=1, metadata=_range(1, 10_000))  # processes, or actors of Ray
    # Of each actor. All of them together must leave something to Ray Data itself.
    cpus: float = field(default=0.5, metadata=_range(0.01, 1000))
    address: str = ""  # of a Ray cluster: auto, or host:port; empty: one on this machine
    # Folder on a shared disk, or any URL of fsspec, through which Ray's workers get model and
    # paragraphs and give scores back; empty: in the scoring folder.
    exchange: str = ""


@dataclass
class Queue:
    """What a coder gets next; the four shares are relative to each other."""

    size: int = field(default=200, metadata=_range(1, 1_000_000))
    sample: float = field(default=0.3, metadata=_range(0.0, 1.0))
    uncertain: float = field(default=0.3, metadata=_range(0.0, 1.0))
    scarce: float = field(default=0.2, metadata=_range(0.0, 1.0))
    disputed: float = field(default=0.2, metadata=_range(0.0, 1.0))
    # Questions with fewer examples are short of them.
    enough: int = field(default=400, metadata=_range(0, 1_000_000))
    samples: str = "labels/samples"  # how each probability sample was drawn


@dataclass
class Report:
    strongest: int = field(default=5, metadata=_range(1, 100))
    title: str = "Rhetoric and stance"


@dataclass
class Space:
    """Where a setting is looked for: from low to high, or among choices as one would type them."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: list[str] = field(default_factory=list)


@dataclass
class Tune:
    """``rhetoric tune``: the study's name, how many trials, and the setting → where to look."""

    study: str = "study"
    trials: int = field(default=30, metadata=_range(1, 100_000))
    # So many trials run to their end before any is cut off in the middle.
    unpruned: int = field(default=5, metadata=_range(0, 100_000))
    space: dict[str, Space] = field(default_factory=dict)


@dataclass
class Tracking:
    enabled: bool = True
    uri: str = "sqlite:///mlflow.db"
    experiment: str = "rhetoric"
    registered_model: str = "rhetoric"


@dataclass
class Studio:
    """Label Studio, for `rhetoric annotate studio`; the token is in LABEL_STUDIO_API_KEY."""

    url: str = "http://localhost:8080"
    project: str = "rhetoric"
    annotators: int = field(default=2, metadata=_range(1, 100))  # asked about each passage
    # Tasks come filled in with a model's answers. That biases: people tend to agree with them.
    prefill: bool = False


@dataclass
class Config:
    seed: int = field(default=13, metadata=_range(0, 2**31))
    out: str = "build"  # the folder that stages read from and write to
    codebook: str = "labels/codebook.yaml"
    ingest: Ingest = field(default_factory=Ingest)
    segment: Segment = field(default_factory=Segment)
    label: Label = field(default_factory=Label)
    labelled: Labelled = field(default_factory=Labelled)
    split: Split = field(default_factory=Split)
    backbone: Backbone = field(default_factory=Backbone)
    model: Model = field(default_factory=Model)
    train: Train = field(default_factory=Train)
    evaluate: Evaluate = field(default_factory=Evaluate)
    score: Score = field(default_factory=Score)
    runner: Runner = field(default_factory=Runner)
    queue: Queue = field(default_factory=Queue)
    report: Report = field(default_factory=Report)
    tune: Tune = field(default_factory=Tune)
    tracking: Tracking = field(default_factory=Tracking)
    studio: Studio = field(default_factory=Studio)


def check(config: Config) -> None:
    """Refuse values out of range; every complaint at once, each with its key."""
    complaints = list(_out_of_range(config, ""))
    if config.split.dev_share + config.split.test_share >= 1:
        complaints.append("split.dev_share + split.test_share leave nothing to train on")
    if not config.backbone.name:
        complaints.append("backbone.name is empty; name a hub id or a local folder")
    queue = config.queue
    if queue.sample + queue.uncertain + queue.scarce + queue.disputed == 0:
        complaints.append("queue: all four shares are 0, so nothing would be chosen")
    members, weights = config.model.ensemble.members, config.model.ensemble.weights
    if ModelKind.ensemble in members or len(members) < 2:
        complaints.append("model.ensemble.members needs two models or more, none an ensemble")
    if weights and (len(weights) != len(members) or min(weights) < 0 or sum(weights) == 0):
        complaints.append("model.ensemble.weights needs one non-negative share a member")
    parts = config.labelled.parts
    if config.labelled.part and config.labelled.part not in parts:
        complaints.append(
            f"labelled.part={config.labelled.part} is none of labelled.parts=[{','.join(parts)}]"
        )
    if len(set(parts)) < len(parts) or any(not re.fullmatch(r"[\w-]+", part) for part in parts):
        complaints.append("labelled.parts needs names of letters, digits, - and _, each once")
    if not re.fullmatch(r"[\w-]+", config.tune.study):
        complaints.append("tune.study needs a name of letters, digits, - and _")
    if complaints:
        raise InputError("configuration: " + "; ".join(complaints))


def _out_of_range(section: Any, prefix: str) -> list[str]:
    complaints: list[str] = []
    for item in fields(section):
        value, key = getattr(section, item.name), f"{prefix}{item.name}"
        if is_dataclass(value):
            complaints += _out_of_range(value, f"{key}.")
        elif value is None:
            continue
        elif "low" in item.metadata and not item.metadata["low"] <= value <= item.metadata["high"]:
            low, high = item.metadata["low"], item.metadata["high"]
            complaints.append(f"{key}={value} is out of range, allowed is {low:g} to {high:g}")
    return complaints


def is_integer(key: str) -> bool:
    """Whether a dotted key is a whole number; InputError for a key that is no setting."""
    section: Any = Config()
    *above, last = key.split(".")
    for name in above:
        section = getattr(section, name, None)
    found = [item for item in fields(section) if item.name == last] if is_dataclass(section) else []
    if not found:
        raise InputError(f"tune.space: {key} is no setting; see pipeline/config.py")
    return str(found[0].type).startswith("int")


def shipped(name: str) -> Path:
    """A file or folder that comes with the project: in the clone, or inside the installed wheel."""
    package = Path(__file__).resolve().parent
    in_wheel = package / "_shipped" / name
    return in_wheel if in_wheel.exists() else package.parent / name


def located(name: str) -> Path:
    """A path of the configuration, or the shipped file of that name where there is none here.

    Outside a clone ``labels/codebook.yaml`` is the one in the installed wheel.
    """
    path = Path(name)
    return path if path.exists() else shipped(name)


def compose(overrides: list[str] | None = None) -> Config:
    """The configuration from ``configs/`` with Hydra overrides such as ``train.epochs=2``.

    Raises :class:`InputError` in one line for a misspelt key, a wrong type, an unknown choice of a
    group, or a value out of range.
    """
    import hydra
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    register_schemas()
    GlobalHydra.instance().clear()
    try:
        with hydra.initialize_config_dir(str(shipped("configs")), version_base="1.3"):
            return from_omegaconf(hydra.compose("config", overrides=overrides or []))
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(f"configuration: {_one_line(error)}") from error


def register_schemas() -> None:
    """Make the typed classes known to Hydra, under the names that the YAML files start from."""
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    store.store(name="config_schema", node=Config)
    for group, node in (
        ("model", Model),
        ("backbone", Backbone),
        ("ingest/table", Table),
        ("runner", Runner),
        ("tune", Tune),
    ):
        store.store(group=group, name="schema", node=node)


def from_omegaconf(composed: Any) -> Config:
    """Typed and checked, from what Hydra composed."""
    from omegaconf import OmegaConf

    # Merged once more over the classes: Hydra lets `+key=value` add keys that nothing reads.
    plain = OmegaConf.to_container(composed, resolve=True)
    config = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(Config), plain))
    assert isinstance(config, Config)
    check(config)
    return config


def to_yaml(config: Config) -> str:
    """The resolved configuration, as ``params.yaml`` holds it."""
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(OmegaConf.structured(config), resolve=True)


def read_params(path: Path) -> Config:
    """The configuration from ``params.yaml``; refuses a section that was replaced by a word.

    ``dvc exp run -S model=tfidf`` does that: it knows nothing of Hydra's groups.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    register_schemas()
    try:
        raw = OmegaConf.load(path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}; `rhetoric run` writes it"
        ) from error
    sections: Any = OmegaConf.to_container(raw)
    for key, value in sections.items() if isinstance(sections, dict) else ():
        if is_dataclass(getattr(Config(), str(key), None)) and isinstance(value, str):
            raise InputError(
                f"{path}: {key} was replaced by the word {value!r}; "
                f"use `rhetoric run {key}={value}`"
            )
    try:
        return from_omegaconf(OmegaConf.merge(OmegaConf.structured(Config), raw))
    except OmegaConfBaseException as error:
        raise InputError(f"{path}: {_one_line(error)}") from error


def _one_line(error: BaseException) -> str:
    """Hydra's and OmegaConf's messages span lines, with the useful part in the cause."""
    cause = error.__cause__ if error.__cause__ is not None else error
    lines = [line.strip() for line in f"{error}\n{cause}".splitlines() if line.strip()]
    wanted = [
        x for x in lines if not x.startswith(("object_type=", "reference_type=", "Set the env"))
    ]
    return " ".join(dict.fromkeys(wanted))
