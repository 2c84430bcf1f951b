"""A finished result: its headline figure, its main table, its run in MLflow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline import stages
from pipeline.config import Config
from pipeline.config.run_folder import Tables
from pipeline.io import files
from pipeline.io.console import say


@dataclass(frozen=True)
class Result:
    """What a run left behind.

    Attributes:
        reference: what `rhetoric compare` calls it: a folder, or a run of MLflow.
        run_id: its run in MLflow; None where nothing is tracked.
        macro_f1: None where it is not defined.
    """

    reference: str
    run_id: str | None
    config: Config
    macro_f1: float | None


def finish(config: Config, *, kept_in_folder: bool) -> Result:
    """Log the result in ``config.out`` to MLflow, print its main table.

    ``kept_in_folder`` is False for a folder that the next run takes over, as ``build`` is by the
    next combination of a sweep: such a result is referred to by its run in MLflow.
    """
    from pipeline.evaluation import summary

    run_id = stages.track(config)
    metrics = files.read_json(Tables(config.out).metrics)
    say(summary(metrics))
    macro = metrics["overall"]["f1_macro"]
    reference = config.out if kept_in_folder else run_id or config.out
    return Result(reference, run_id, config, None if macro is None else float(macro))


def champion(config: Config) -> Path | None:
    """The folder of the registry's champion, None where there is none."""
    from pipeline import tracking

    if not config.tracking.enabled:
        return None
    return tracking.champion(config.tracking.uri, config.tracking.registered_model)
