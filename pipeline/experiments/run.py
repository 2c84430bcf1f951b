"""One result from settings, whichever way it is asked for: by hand, through DVC, in a sweep."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.experiments import by_hand, sweep
from pipeline.experiments.results import Result, finish
from pipeline.io.console import say

# The commands that end in an evaluated result; a sweep is over these.
RESULTS = ("run", "train", "evaluate")


def run(config: Config, command: str = "run", *, swept: bool = False) -> Result | None:
    """Do everything up to and including a stage; the result where there is one.

    ``run`` goes through DVC and its ``build``; a user's own labelled table, and every other
    command, are done by hand in a folder under ``runs/``. All parts of a cross-validation are done
    where none is named.

    Raises:
        InputError: a stage cannot go on, or a stage before training is asked of all parts.
    """
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
    """A run per combination of settings, and a parent over them in MLflow; returns how many
    combinations failed.

    ``files`` are a labelled table, as if named by ``labelled.files``.
    """
    if command not in RESULTS:
        raise InputError(f"-m goes with {', '.join(RESULTS)}, not with {command}")
    typed = [*settings, *table_setting(files)]
    children, failures = sweep.sweep(typed, lambda config: run(config, command, swept=True))
    if len(children) > 1:
        parent = sweep.log(children, typed)
        say(sweep.table(children))
        if parent is not None:
            say(f"sweep: run {parent} in MLflow, the parent of {len(children)} runs")
    return failures


def table_setting(files: Sequence[str]) -> list[str]:
    """The setting that names a labelled table by its files; none without files."""
    quoted = ",".join("'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'" for name in files)
    return [f"labelled.files=[{quoted}]"] if files else []


def _cross_validate(config: Config, command: str) -> None:
    """Each part of a labelled table is the test once."""
    if command not in (*RESULTS, "track"):
        parts = ",".join(config.labelled.parts)
        raise InputError(
            f"{command}: of which part of the cross-validation? labelled.part=P, P of {parts}"
        )
    from pipeline.experiments.cross_validation import cross_validate

    say(cross_validate(config))
