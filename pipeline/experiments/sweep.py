"""``-m``: Hydra's multirun over the typed configuration, and what came of it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import Config, from_omegaconf, register_schemas, shipped
from pipeline.errors import InputError
from pipeline.experiments import results
from pipeline.io import markdown
from pipeline.io.console import warn

_SEED = "seed"


@dataclass(frozen=True)
class Done:
    """A finished result: what `rhetoric compare` calls it, its run in MLflow if it is tracked, its
    settings and its figures."""

    reference: str
    run_id: str | None
    config: Config
    macro: float | None


@dataclass(frozen=True)
class Child:
    """``sets`` are the words in which a combination differs from the others."""

    sets: tuple[str, ...]
    done: Done

    @property
    def setting(self) -> tuple[str, ...]:
        """What it sets beside the seed."""
        return tuple(word for word in self.sets if _key(word) != _SEED)


def sweep(settings: list[str], job: Callable[[Config], Done | None]) -> tuple[list[Child], int]:
    """Run ``job`` for each combination in ``settings``; what finished with a result, and how many
    failed.

    A combination that a user's mistake spoils says so in one line, and the others still run.
    """
    import hydra
    from hydra.core.hydra_config import HydraConfig

    children: list[Child] = []
    failures = 0
    keys = swept(settings)

    def one(composed: Any) -> None:
        nonlocal failures
        words = list(HydraConfig.get().overrides.task)
        try:
            done = job(from_omegaconf(composed))
        except InputError as error:
            failures += 1
            warn(f"rhetoric: {error}")
            return
        if done is not None:
            sets = tuple(word for word in words if _key(word) in keys)
            children.append(Child(sets or tuple(words), done))

    register_schemas()
    Path("runs").mkdir(exist_ok=True)
    typed = sys.argv
    sys.argv = ["rhetoric", "--multirun", *settings]
    try:
        hydra.main(version_base="1.3", config_path=str(shipped("configs")), config_name="config")(
            one
        )()
    finally:
        sys.argv = typed
    return children, failures


def swept(settings: list[str]) -> set[str]:
    """Keys of the settings that Hydra expands into several: lists of choices, ranges, globs."""
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
    """A parent run in MLflow over what is tracked there; returns its id, None without any."""
    tracked = {" ".join(c.sets): c.done.run_id for c in children if c.done.run_id is not None}
    if not tracked:
        return None
    config = children[0].done.config
    own = [word for word in settings if not word.startswith(("tracking.", "out="))]
    return results.track_sweep(config, tracked, own, table(children))


def table(children: Sequence[Child]) -> str:
    """A row a setting with the macro F1 of each of its seeds and their mean, and the command that
    compares the first with the others."""
    settings = _by_setting(children)
    rows = []
    for setting, own in settings.items():
        figures = [child.done.macro for child in own if child.done.macro is not None]
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
    """As one would type it: names of values that hold signs of the shell are quoted."""
    sets = [
        f"{_name(setting)}={','.join(child.done.reference for child in own)}"
        for setting, own in settings.items()
    ]
    return shlex.join(["rhetoric", "compare", *sets])


def _name(setting: tuple[str, ...]) -> str:
    """Of its values, without the sign that ends a name."""
    return "-".join(word.partition("=")[2] for word in setting).replace("=", ":") or "configured"
