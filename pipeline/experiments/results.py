"""What becomes of a finished run: its main table, its headline figure, its place in MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Config, to_yaml
from pipeline.config.run_folder import Tables
from pipeline.io import files

if TYPE_CHECKING:
    from pipeline.tracking import ResultRecord


def summary(config: Config) -> str:
    """The main table of the run in ``config.out``, for a terminal."""
    from pipeline.evaluation import summary as table

    return table(files.read_json(Tables(config.out).metrics))


def macro_f1(config: Config) -> float | None:
    """The headline figure of the run in ``config.out``; None where it is not defined."""
    found = files.read_json(Tables(config.out).metrics)["overall"]["f1_macro"]
    return None if found is None else float(found)


def tracked(config: Config) -> str | None:
    """Log the result to MLflow, once; the id of its run, None where nothing is tracked."""
    if not config.tracking.enabled:
        return None
    from pipeline import tracking

    return tracking.log_result(
        result(config.out, to_yaml(config)),
        uri=config.tracking.uri,
        experiment=config.tracking.experiment,
        registered_model=config.tracking.registered_model,
    )


def track_sweep(
    config: Config, children: Mapping[str, str], settings: Sequence[str], note: str
) -> str:
    """A parent over the runs of a sweep, by what each combination sets; returns its id."""
    from pipeline import tracking

    return tracking.log_sweep(
        children,
        settings=settings,
        note=note,
        uri=config.tracking.uri,
        experiment=config.tracking.experiment,
    )


def result(folder: str | Path, settings: str) -> ResultRecord:
    """What training and evaluation left in a folder, and the settings in YAML behind it."""
    from pipeline.tracking import ResultRecord

    at = Tables(folder)
    return ResultRecord(
        settings=settings,
        model=at.model,
        metrics=at.metrics,
        predictions=at.predictions,
        figures=at.figures,
        mistakes=at.mistakes,
        slices=at.slices,
        data=[at.labels, at.folds, at.paragraphs],
    )


def champion(config: Config) -> Path | None:
    """The folder of the registry's champion, None where there is none."""
    from pipeline import tracking

    if not config.tracking.enabled:
        return None
    return tracking.champion(config.tracking.uri, config.tracking.registered_model)
