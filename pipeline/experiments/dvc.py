"""``rhetoric run``: writes the composed settings to params.yaml, then runs ``dvc repro``."""

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
        raise InputError(
            f"no dvc.yaml in {Path.cwd()}; `rhetoric run` works in a clone and in a folder that "
            "`rhetoric init` made, `rhetoric train` anywhere"
        )
    text = params_text(config)
    if not PARAMS.is_file() or PARAMS.read_text(encoding="utf-8") != text:
        write_text(PARAMS, text)
    # The stages call `rhetoric`; make sure it is the one of this environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "DVC_NO_ANALYTICS": "true"}
    command = [sys.executable, "-m", "dvc", "repro"]
    if config.labelled.given:
        # dvc.yaml cannot list the user's tables, so DVC would not notice changes to them.
        command.append("--force")
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise InputError("run: DVC stopped; its message is above")


def params_text(config: Config) -> str:
    """The content of params.yaml for a configuration."""
    return HEADER + to_yaml(config)
