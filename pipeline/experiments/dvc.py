"""``rhetoric run``: the composed settings go into params.yaml, then DVC does what changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pipeline.config import Config, to_yaml
from pipeline.errors import InputError
from pipeline.io.files import write_text

PARAMS = Path("params.yaml")
HEADER = "# Written by `rhetoric run`; edit configs/ or give key=value instead.\n"


def reproduce(config: Config) -> None:
    """Write params.yaml if it differs, then ``dvc repro``; raises InputError when DVC stops."""
    if not Path("dvc.yaml").is_file():
        raise InputError("no dvc.yaml here; `rhetoric run` works in a clone of the project")
    text = params_text(config)
    if not PARAMS.is_file() or PARAMS.read_text(encoding="utf-8") != text:
        write_text(PARAMS, text)
    # The stages call `rhetoric`: the one of this very environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "DVC_NO_ANALYTICS": "true"}
    command = [sys.executable, "-m", "dvc", "repro"]
    if config.labelled.given:
        # dvc.yaml cannot name the user's own tables, so DVC would not see that one has changed.
        command.append("--force")
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise InputError("run: DVC stopped; its message is above")


def params_text(config: Config) -> str:
    """What params.yaml holds for a configuration."""
    return HEADER + to_yaml(config)
