"""``-m``: Hydra's multirun over the typed configuration."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.config import Config, from_omegaconf, register_schemas, shipped
from pipeline.errors import InputError


def sweep(settings: list[str], job: Callable[[Config], None]) -> int:
    """Run ``job`` for each combination in ``settings``; returns 1 when any failed.

    A combination that a user's mistake spoils says so in one line, and the others still run.
    """
    import hydra

    failures = 0

    def one(composed: Any) -> None:
        nonlocal failures
        try:
            job(from_omegaconf(composed))
        except InputError as error:
            failures += 1
            sys.stderr.write(f"rhetoric: {error}\n")

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
    return 1 if failures else 0
