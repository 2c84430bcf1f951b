"""What the commands of the pipeline do: one stage, a run, a sweep, a model judged or applied."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.config import Config, compose, read_params
from pipeline.errors import InputError
from pipeline.experiments import external, results
from pipeline.experiments.by_hand import by_hand as run_by_hand
from pipeline.experiments.by_hand import default_model, described
from pipeline.io.console import say, warn
from pipeline.sources import expand

if TYPE_CHECKING:
    from pipeline.experiments.sweep import Done


def exactly(stage: str, params: Path) -> None:
    """A stage as DVC asks for it: with the settings of a params.yaml, and nothing else."""
    stages.STAGES[stage](read_params(params))


def with_files(config: Config, stage: str, files: Sequence[Path]) -> Config:
    """The settings with files of the command line in the place of ``labels/``: posts for ingest and
    segment, a labelled table for what goes on to learn. Unchanged without files."""
    if not files:
        return config
    names = [str(path) for path in files]
    if stage in ("ingest", "segment"):
        ingest = dataclasses.replace(config.ingest, files=names, hydrated=False)
        return dataclasses.replace(config, ingest=ingest)
    # Their paths are as typed, so no folder of the settings is put in front of them.
    labelled = dataclasses.replace(config.labelled, files=names, folder="")
    return dataclasses.replace(config, labelled=labelled)


def in_named_folder(stage: str, config: Config, folder: Path) -> None:
    """One stage alone, reading from and writing to a folder."""
    stages.STAGES[stage](dataclasses.replace(config, out=str(folder)))
    say(f"{stage}: done, see {folder}/")


def by_hand(stage: str, config: Config) -> Done | None:
    """Every stage up to this one in a folder of its own; what came of it where it is one result."""
    if config.labelled.parts and not config.labelled.part:
        _every_part(stage, config)
        return None
    from pipeline.experiments.sweep import Done

    last = "evaluate" if stage in ("train", "track") else stage
    config = run_by_hand(config, last)
    say(f"{stage}: done, see {config.out}/")
    if last != "evaluate":
        return None
    run_id = results.tracked(config)
    say(results.summary(config))
    return Done(config.out, run_id, config, results.macro_f1(config))


def _every_part(stage: str, config: Config) -> None:
    """Each part of a labelled table is the test once."""
    if stage not in ("train", "evaluate", "track"):
        parts = ",".join(config.labelled.parts)
        raise InputError(
            f"{stage}: of which part of the cross-validation? labelled.part=P, P of {parts}"
        )
    from pipeline.experiments.cross_validation import cross_validate

    say(cross_validate(config))


def run(settings: list[str]) -> int:
    """The pipeline through DVC; DVC's exit code."""
    config = compose(settings)
    if config.labelled.given:  # DVC follows labels/; a table from elsewhere is run by hand
        by_hand("train", config)
        return 0
    from pipeline.experiments.dvc import reproduce

    code = reproduce(config)
    if code == 0:
        say(results.summary(config))
    return code


def sweep(stage: str, settings: list[str], files: Sequence[Path]) -> int:
    """A run for each combination of settings, and a parent in MLflow over them all; 1 if one
    failed."""
    from pipeline.experiments import sweep as sweeps

    def one(config: Config) -> Done | None:
        if stage == "run" and not config.labelled.given:
            return _through_dvc(config)
        of_stage = "train" if stage == "run" else stage
        return by_hand(of_stage, with_files(config, of_stage, files))

    children, failures = sweeps.sweep(settings, one)
    if len(children) > 1:
        parent = sweeps.log(children, settings)
        say(sweeps.table(children))
        if parent is not None:
            say(f"sweep: run {parent} in MLflow, the parent of {len(children)} runs")
    return 1 if failures else 0


def _through_dvc(config: Config) -> Done:
    """One combination of a sweep through DVC, whose ``build`` the next one takes over: its result
    stays in DVC's cache and in MLflow."""
    from pipeline.experiments.dvc import reproduce
    from pipeline.experiments.sweep import Done

    if reproduce(config) != 0:
        raise InputError("run: dvc stopped, see above")
    run_id = results.tracked(config)
    say(results.summary(config))
    return Done(run_id or config.out, run_id, config, results.macro_f1(config))


def judge(config: Config, model: Path, files: Sequence[Path], output: Path | None) -> None:
    """Figures of a model on coded files outside the folds."""
    for path in files:
        say(external.evaluate(config, model, path, output))


def score(
    config: Config,
    files: Sequence[Path],
    model: Path | None,
    destination: Path,
    *,
    restart: bool,
    update: bool,
) -> None:
    """Score posts with a model; without one named, with the champion or the latest."""
    expand([str(path) for path in files])  # a file that is not there is told first
    model = model or default_model(config)
    if (model / "classifier.json").is_file():
        warn(f"score: by {described(model)}")
    say(stages.score(config, files, model, destination, restart=restart, update=update))


def recalibrate(config: Config, path: Path, model: Path | None, destination: Path) -> None:
    """Fit a model's thresholds to a coded file."""
    say(external.recalibrate(config, model or default_model(config), path, destination))
