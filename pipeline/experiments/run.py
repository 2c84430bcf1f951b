"""Runs that give one result from settings: through DVC, by hand, or in a sweep."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config import Config, components
from pipeline.config.locations import not_of_this_folder
from pipeline.errors import InputError
from pipeline.experiments import by_hand, sweep
from pipeline.experiments.results import Result, finish
from pipeline.io.console import say, warn

# Commands that give an evaluated result; only these can be swept.
RESULTS = ("run", "train", "evaluate")


def run(config: Config, command: str = "run", *, swept: bool = False) -> Result | None:
    """Run all stages up to and including the command's stage; returns the result if it has one.

    ``run`` uses DVC and the folder ``build``. With a user's labelled table, and for every other
    command, the stages write to a folder under ``runs/``. If no part of a cross-validation is
    given, all parts are run.

    Raises:
        InputError: a stage fails on its input, or a stage before training is requested for all
            parts.
    """
    if note := not_of_this_folder(config.codebook):
        warn(note)
    if command in RESULTS:
        components.check_hardware(config)
    if command == "run" and not config.labelled.given:
        from pipeline.experiments.dvc import reproduce

        reproduce(config)
        return finish(config, kept_in_folder=not swept)
    if config.labelled.parts and not config.labelled.part:
        _cross_validate(config, command)
        return None
    last = "evaluate" if command in (*RESULTS, "track") else command
    config = by_hand.by_hand(config, last)
    say(f"{command}: done, see {config.out}/")
    return finish(config, kept_in_folder=True) if last == "evaluate" else None


def run_sweep(settings: list[str], command: str, files: Sequence[str] = ()) -> int:
    """One run per combination of settings, with a parent run in MLflow; returns how many
    combinations failed.

    ``files`` are the files of a labelled table, as in ``labelled.files``.
    """
    if command not in RESULTS:
        raise InputError(f"-m goes with {', '.join(RESULTS)}, not with {command}")
    typed = [*settings, *file_settings(command, files)]
    children, failures = sweep.sweep(typed, lambda config: run(config, command, swept=True))
    if len(children) > 1:
        parent = sweep.log(children, typed)
        say(sweep.table(children))
        if parent is not None:
            say(f"sweep: run {parent} in MLflow, the parent of {len(children)} runs")
    return failures


def file_settings(command: str, files: Sequence[str]) -> list[str]:
    """The settings for files of the command line, which replace ``labels/``: posts for ``ingest``
    and ``segment``, a labelled table for the other commands. Empty without files."""
    if not files:
        return []
    quoted = ",".join("'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'" for name in files)
    if command in ("ingest", "segment"):
        return [f"ingest.files=[{quoted}]", "ingest.hydrated=false"]
    # Their paths are as typed, so no folder of the settings is put before them.
    return [f"labelled.files=[{quoted}]", "labelled.folder=''"]


def _cross_validate(config: Config, command: str) -> None:
    """Run the cross-validation over all parts of a labelled table."""
    if command not in (*RESULTS, "track"):
        parts = ",".join(config.labelled.parts)
        raise InputError(
            f"{command}: choose a part of the cross-validation with labelled.part=P, one of {parts}"
        )
    from pipeline.experiments.cross_validation import cross_validate

    say(cross_validate(config))
