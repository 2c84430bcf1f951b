"""Settings for using a trained model: evaluation, scoring, report, tracking."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.config.choices import Device, Engine, ReportLanguage, RunnerKind, ScoreFormat
from pipeline.config.ranges import between


@dataclass
class Reference:
    """A published result on the same test, printed beside ours."""

    name: str = ""
    f1_micro: float = field(default=0.0, metadata=between(0.0, 1.0))
    f1_macro: float = field(default=0.0, metadata=between(0.0, 1.0))


@dataclass
class Evaluate:
    bootstrap_samples: int = field(default=1000, metadata=between(10, 100_000))
    confidence: float = field(default=0.95, metadata=between(0.5, 0.999))
    references: list[Reference] = field(default_factory=list)


@dataclass
class Score:
    engine: Engine = Engine.openvino
    device: Device = Device.auto  # of engine=torch
    shard_passages: int = field(default=5000, metadata=between(1, 1_000_000))
    evidence: bool = True
    formats: list[ScoreFormat] = field(default_factory=lambda: [ScoreFormat.parquet])


@dataclass
class Runner:
    """Where shards are scored; the decisions are the same for every runner."""

    kind: RunnerKind = RunnerKind.local
    workers: int = field(default=1, metadata=between(1, 10_000))  # processes, or Ray actors
    # Per actor. Together the actors must leave some CPU for Ray Data itself.
    cpus: float = field(default=0.5, metadata=between(0.01, 1000))
    address: str = ""  # of a Ray cluster: auto or host:port; empty: a local one
    # Folder on a shared disk or fsspec URL through which Ray workers receive the model and
    # paragraphs and return scores; empty: a folder in the scoring folder.
    exchange: str = ""


@dataclass
class Report:
    strongest: int = field(default=5, metadata=between(1, 100))
    title: str = ""  # empty: from the names of the channels
    language: ReportLanguage = ReportLanguage.en  # of the page's own words


@dataclass
class Tracking:
    enabled: bool = True
    uri: str = "sqlite:///mlflow.db"
    experiment: str = "rhetoric"
    registered_model: str = "rhetoric"
