"""One stage on its own, as DVC or a user requests it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from pipeline import stages
from pipeline.config import Config, read_params
from pipeline.io.console import say


def run_with_params(stage: str, params: Path) -> None:
    """Run a stage for DVC, with only the settings in a params.yaml."""
    stages.STAGES[stage](read_params(params))


def run_in_folder(stage: str, config: Config, folder: Path) -> None:
    """Run one stage that reads from and writes to a folder."""
    stages.STAGES[stage](dataclasses.replace(config, out=str(folder)))
    say(f"{stage}: done, see {folder}/")
