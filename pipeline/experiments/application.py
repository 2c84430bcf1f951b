"""Uses of a trained model: scoring posts, evaluation on coded files, recalibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pipeline import stages
from pipeline.config import Config, components
from pipeline.experiments import external
from pipeline.experiments.by_hand import default_model, described
from pipeline.io.console import say, warn
from pipeline.sources import expand, preview

SHOWN = 60  # characters of a post in a preview


def score(
    config: Config, files: Sequence[Path], model: Path | None, destination: Path, resume: str
) -> None:
    """Score posts with a model; without one, with the champion or the latest.

    ``resume`` is go_on, update or restart, as in :func:`pipeline.stages.score`.
    """
    expand([str(path) for path in files])  # a missing file is reported before anything else
    model = model or default_model(config)
    if (model / "classifier.json").is_file():
        warn(f"score: by {described(model)}")
    say(stages.score(config, files, model, destination, resume))


def check(config: Config, files: Sequence[Path]) -> None:
    """Print how each file is read: its posts, its columns and what is left out."""
    for path in expand([str(name) for name in files]):
        found = preview(
            path,
            asdict(config.ingest.table),
            config.ingest.channel_aliases,
            components.limits(config),
        )
        missing = {"without a time": found.undated, "without a channel": found.unnamed}
        counts = [f"{found.posts} posts", *(f"{n} {what}" for what, n in missing.items() if n)]
        say(f"{path}: {', '.join(counts)}")
        for note in found.notes:
            say(f"  {note}")
        if found.dropped:
            reasons = ", ".join(f"{n} {reason}" for reason, n in found.dropped.items())
            say(f"  left out: {reasons}")
        for published, channel, text in found.rows.select(
            "published", "channel", "text"
        ).iter_rows():
            words = " ".join(text.split())
            say(f"  {published or 'no time'} | {channel or 'no channel'} | {words[:SHOWN]}")


def evaluate(config: Config, model: Path, files: Sequence[Path], output: Path | None) -> None:
    """Print the metrics of a model on coded files outside the folds."""
    for path in files:
        say(external.evaluate(config, model, path, output))


def recalibrate(config: Config, path: Path, model: Path | None, destination: Path) -> None:
    """Fit a model's thresholds to a coded file."""
    say(external.recalibrate(config, model or default_model(config), path, destination))
