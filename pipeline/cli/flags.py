"""Flags and words that several commands share, each with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

# `str | Path` stays a string, and shells complete it as a file.
Files = Annotated[
    str | Path,
    Parameter(name="FILE", help="Files, folders or patterns; and settings, written key=value."),
]
File = Annotated[str | Path, Parameter(name="FILE", help="One file; settings, written key=value.")]
Settings = Annotated[
    str, Parameter(name="key=value", help="Settings, such as train.epochs=1 or model=tfidf.")
]
Runs = Annotated[
    str | Path,
    Parameter(
        name="RUN",
        help="A folder (build, runs/ID), a run of MLflow, champion, or NAME=RUN,RUN for the seeds "
        "of one setting; and settings, written key=value.",
    ),
]

_OUTPUT = ["--output", "-o"]
OutputFolder = Annotated[Path, Parameter(name=_OUTPUT, help="Folder that results go to.")]
OutputFile = Annotated[Path, Parameter(name=_OUTPUT, help="File that is written.")]
Model = Annotated[
    Path | None,
    Parameter(name="--model", help="Folder of a trained model; else the champion or the latest."),
]
Params = Annotated[
    Path | None,
    Parameter(name="--params", help="Run exactly this stage with the settings in a file (DVC)."),
]
Multirun = Annotated[
    bool,
    Parameter(name=["--multirun", "-m"], help="One run per combination of swept settings."),
]
Coder = Annotated[str, Parameter(name="--coder", help="The coder's pseudonym.")]
Limit = Annotated[
    int | None,
    Parameter(name="--limit", help="At most N passages.", validator=validators.Number(gte=1)),
]
Open = Annotated[bool, Parameter(name="--open", help="Only the questions on which coders differ.")]
Supersede = Annotated[
    bool,
    Parameter(name="--supersede", help="Newer answers replace the coder's earlier ones."),
]
