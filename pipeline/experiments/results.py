"""A finished result: its headline metric, its main table and its MLflow run."""

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
    """The result of a run.

    Attributes:
        reference: its name for `rhetoric compare`: a folder or an MLflow run id.
        run_id: its MLflow run id; None if tracking is disabled.
        macro_f1: None if undefined.
    """

    reference: str
    run_id: str | None
    config: Config
    macro_f1: float | None


def finish(config: Config, *, kept_in_folder: bool) -> Result:
    """Log the result in ``config.out`` to MLflow and print its main table.

    ``kept_in_folder`` is False if the next run will overwrite the folder, such as ``build`` in a
    sweep; the result is then referred to by its MLflow run id.
    """
    from pipeline.evaluation import summary

    run_id = stages.track(config)
    metrics = files.read_json(Tables(config.out).metrics)
    say(summary(metrics))
    macro = metrics["overall"]["f1_macro"]
    reference = config.out if kept_in_folder else run_id or config.out
    return Result(reference, run_id, config, None if macro is None else float(macro))


def champion(config: Config) -> Path | None:
    """The folder of the registry's champion, or None."""
    from pipeline import tracking

    if not config.tracking.enabled:
        return None
    return tracking.champion(config.tracking.uri, config.tracking.registered_model)
