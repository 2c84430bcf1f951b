"""``-m``: Hydra's multirun over the typed configuration, and its results."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import (
    Config,
    from_omegaconf,
    register_schemas,
    shipped,
    with_new_keys,
    word_mappings,
)
from pipeline.errors import InputError
from pipeline.experiments.results import Result
from pipeline.io import markdown
from pipeline.io.console import warn

_SEED = "seed"


@dataclass(frozen=True)
class Child:
    """One combination; ``sets`` are the overrides in which it differs from the others."""

    sets: tuple[str, ...]
    result: Result

    @property
    def setting(self) -> tuple[str, ...]:
        """The overrides other than the seed."""
        return tuple(word for word in self.sets if _key(word) != _SEED)


def sweep(settings: list[str], job: Callable[[Config], Result | None]) -> tuple[list[Child], int]:
    """Run ``job`` for each combination in ``settings``; returns the combinations with a result, and
    how many failed.

    A combination with invalid settings is reported in one line, and the others still run.
    """
    import hydra
    from hydra.core.hydra_config import HydraConfig

    children: list[Child] = []
    failures = 0
    mappings, rest = word_mappings(settings)
    words_of_hydra = [with_new_keys(word) for word in rest]
    keys = swept(words_of_hydra)

    def one(composed: Any) -> None:
        nonlocal failures
        words = list(HydraConfig.get().overrides.task)
        try:
            result = job(from_omegaconf(composed, mappings))
        except InputError as error:
            failures += 1
            warn(f"rhetoric: {error}")
            return
        if result is not None:
            sets = tuple(word for word in words if _key(word) in keys)
            children.append(Child(sets or tuple(words), result))

    register_schemas()
    Path("runs").mkdir(exist_ok=True)
    typed = sys.argv
    sys.argv = ["rhetoric", "--multirun", *words_of_hydra]
    try:
        hydra.main(version_base="1.3", config_path=str(shipped("configs")), config_name="config")(
            one
        )()
    finally:
        sys.argv = typed
    return children, failures


def swept(settings: list[str]) -> set[str]:
    """The keys that Hydra expands into several values: lists of choices, ranges, globs."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import OverrideParseException

    try:
        parsed = OverridesParser.create().parse_overrides(settings)
    except OverrideParseException as error:
        raise InputError(f"configuration: {' '.join(str(error).split())}") from error
    return {_key(str(o.input_line)) for o in parsed if o.is_sweep_override()}


def _key(word: str) -> str:
    return word.lstrip("+~").partition("=")[0]


def log(children: Sequence[Child], settings: Sequence[str]) -> str | None:
    """Log a parent run over the tracked runs to MLflow; returns its id, None without any."""
    from pipeline import tracking

    tracked = {" ".join(c.sets): c.result.run_id for c in children if c.result.run_id is not None}
    if not tracked:
        return None
    config = children[0].result.config
    own = [word for word in settings if not word.startswith(("tracking.", "out="))]
    return tracking.log_sweep(
        tracked,
        settings=own,
        note=table(children),
        uri=config.tracking.uri,
        experiment=config.tracking.experiment,
    )


def table(children: Sequence[Child]) -> str:
    """One row per setting with the macro F1 of each seed and the mean, and the command that
    compares the first with the others."""
    settings = _by_setting(children)
    rows = []
    for setting, own in settings.items():
        figures = [child.result.macro_f1 for child in own if child.result.macro_f1 is not None]
        mean = f"{sum(figures) / len(figures):.3f}" if figures else "–"
        each = " ".join(f"{figure:.3f}" for figure in figures)
        rows.append([" ".join(setting) or "as configured", str(len(own)), each, mean])
    lines = markdown.lines(["Setting", "Runs", "Macro F1 of each", "Mean"], rows)
    if len(settings) > 1:
        lines += ["", f"compare with: {_command(settings)}"]
    return "\n".join(lines)


def _by_setting(children: Sequence[Child]) -> dict[tuple[str, ...], list[Child]]:
    found: dict[tuple[str, ...], list[Child]] = {}
    for child in children:
        found.setdefault(child.setting, []).append(child)
    return found


def _command(settings: dict[tuple[str, ...], list[Child]]) -> str:
    """The command, with shell quotes where a name needs them."""
    sets = [
        f"{_name(setting)}={','.join(child.result.reference for child in own)}"
        for setting, own in settings.items()
    ]
    return shlex.join(["rhetoric", "compare", *sets])


def _name(setting: tuple[str, ...]) -> str:
    """The values of a setting, without the character that ends a name."""
    return "-".join(word.partition("=")[2] for word in setting).replace("=", ":") or "configured"
