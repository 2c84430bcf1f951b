"""The complete settings, and checks across them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pipeline.config.application import Evaluate, Report, Runner, Score, Tracking
from pipeline.config.choices import Device, Engine, ModelKind, Precision, TrainMethod
from pipeline.config.data import (
    Ingest,
    Label,
    Labelled,
    LanguageModel,
    Queue,
    Segment,
    Split,
    Studio,
)
from pipeline.config.locations import CODEBOOK
from pipeline.config.models import Backbone, Model, Train, Tune
from pipeline.config.ranges import between, out_of_range
from pipeline.errors import InputError

GPUS = (Device.cuda, Device.mps)


@dataclass
class Config:
    seed: int = field(default=13, metadata=between(0, 2**31))
    # The same bytes from the same training on one machine; slower.
    deterministic: bool = False
    out: str = "build"  # the folder that stages read from and write to
    codebook: str = CODEBOOK  # else codebook.yaml, where that is in the working directory
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
    llm: LanguageModel = field(default_factory=LanguageModel)


def check(config: Config) -> None:
    """Validate values; raises one InputError with all problems, each with its key."""
    complaints = list(out_of_range(config, ""))
    if config.split.dev_share + config.split.test_share >= 1:
        complaints.append("split.dev_share + split.test_share leave no passages for training")
    if not config.backbone.name:
        complaints.append("backbone.name is empty; name a hub id or a local folder")
    queue = config.queue
    if queue.sample + queue.uncertain + queue.scarce + queue.disputed == 0:
        complaints.append("queue: all four shares are 0, so no passages would be chosen")
    members, weights = config.model.ensemble.members, config.model.ensemble.weights
    if ModelKind.ensemble in members or len(members) < 2:
        complaints.append("model.ensemble.members needs two or more models, none an ensemble")
    if weights and (len(weights) != len(members) or min(weights) < 0 or sum(weights) == 0):
        complaints.append("model.ensemble.weights needs one non-negative share per member")
    complaints += _training(config.train)
    if config.score.engine is not Engine.torch and config.score.device in GPUS:
        complaints.append(
            f"score.device={config.score.device.value} goes with score.engine=torch alone"
        )
    parts = config.labelled.parts
    if config.labelled.part and config.labelled.part not in parts:
        complaints.append(
            f"labelled.part={config.labelled.part} is not in labelled.parts=[{','.join(parts)}]"
        )
    if len(set(parts)) < len(parts) or any(not re.fullmatch(r"[\w-]+", part) for part in parts):
        complaints.append("labelled.parts needs unique names of letters, digits, - and _")
    if _holds_password(config.tracking.uri):
        complaints.append(
            "tracking.uri holds a password, and settings are stored with every result; leave it "
            "out, and set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD for a server, or "
            "PGPASSWORD for PostgreSQL"
        )
    if not re.fullmatch(r"[\w-]+", config.tune.study):
        complaints.append("tune.study needs a name of letters, digits, - and _")
    if complaints:
        raise InputError("configuration: " + "; ".join(complaints))


def _training(train: Train) -> list[str]:
    """Settings of ``train`` that its method does not know."""
    if train.method is TrainMethod.frozen:
        unknown = {
            "device": train.device in GPUS,
            "precision": train.precision in (Precision.bf16, Precision.fp16),
            "accumulation": train.accumulation > 1,
            "gradient_checkpointing": train.gradient_checkpointing,
        }
        why = "trains on the CPU in fp32, batch by batch; choose train.method=full or lora"
    else:
        unknown = {
            "frozen_layers": train.frozen_layers is not None,
            "average_epochs": train.average_epochs,
            "target_reader": train.target_reader is True,
        }
        why = "does not know it; leave it out, or choose train.method=frozen"
    return [
        f"train.{key}: train.method={train.method.value} {why}"
        for key, given in unknown.items()
        if given
    ]


def _holds_password(uri: str) -> bool:
    user, at, _ = urlsplit(uri).netloc.rpartition("@")
    return bool(at) and ":" in user
