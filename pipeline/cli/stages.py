"""The single stages: ``rhetoric ingest``, ``segment``, ``label``, ``split``, ``track``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.flags import Files, Params
from pipeline.cli.sections import RESULT
from pipeline.cli.takes import LITERAL, Takes
from pipeline.cli.usage import UsageError, resumable, shown

OutputOfStage = Annotated[
    Path | None,
    Parameter(name=["--output", "-o"], help="Folder that the stage reads from and writes to."),
]
# Stages that read the user's files themselves, also in a folder that is named.
_READ_FILES = ("ingest", "label", "split")

INGEST = Takes("ingest", ("ingest", "label", "labelled", "codebook", "experiment"), most=None)
SEGMENT = Takes("segment", RESULT, most=None)
LABEL = Takes("label", RESULT, most=None)
SPLIT = Takes("split", RESULT, most=None)
TRACK = Takes("track", RESULT, most=None)

_TABLE = "FILE is a labelled table of your own; without one labels/ is read."

ingest_app = command(
    INGEST,
    "[FILE ...] -o DIR [key=value ...]",
    "Read files of any collector into posts.\n\nWithout FILE the texts of labels/ are read.",
    (
        "rhetoric ingest result.json -o posts",
        "rhetoric ingest posts.csv -o posts ingest.table.text=body",
    ),
)
segment_app = command(
    SEGMENT,
    "[FILE ...] [-o DIR] [key=value ...]",
    "Cut posts into passages.\n\nWithout -o every stage up to this one runs in runs/ID.",
    ("rhetoric segment result.json", "rhetoric segment -o posts segment.min_characters=40"),
)
label_app = command(
    LABEL,
    "[FILE ...] [-o DIR] [key=value ...]",
    f"Adjudicate coders' answers into labels.\n\n{_TABLE}",
    ("rhetoric label label.adjudication=dawid_skene", "rhetoric label mine.csv -o posts"),
)
split_app = command(
    SPLIT,
    "[FILE ...] [-o DIR] [key=value ...]",
    f"Divide passages into train, dev and test.\n\nNear-duplicates never cross a fold. {_TABLE}",
    ("rhetoric split seed=7", "rhetoric split mine.csv split.test_share=0.2"),
)
track_app = command(
    TRACK,
    "[FILE ...] [-o DIR] [key=value ...]",
    f"Log the finished result to MLflow, once.\n\n{_TABLE}",
    ("rhetoric track -o build", "rhetoric track model=tfidf tracking.experiment=trials"),
)


@ingest_app.default
def ingest(*words: Files, output: OutputOfStage = None, params: Params = None) -> None:
    if output is None and params is None:
        INGEST.sort(words)
        raise UsageError("ingest", "-o DIR is missing: where do the posts go?")
    perform(INGEST, words, output, params)


@segment_app.default
def segment(*words: Files, output: OutputOfStage = None, params: Params = None) -> None:
    perform(SEGMENT, words, output, params)


@label_app.default
def label(*words: Files, output: OutputOfStage = None, params: Params = None) -> None:
    perform(LABEL, words, output, params)


@split_app.default
def split(*words: Files, output: OutputOfStage = None, params: Params = None) -> None:
    perform(SPLIT, words, output, params)


@track_app.default
def track(*words: Files, output: OutputOfStage = None, params: Params = None) -> None:
    perform(TRACK, words, output, params)


def perform(
    takes: Takes, words: Sequence[str | Path], output: Path | None, params: Path | None
) -> None:
    """A stage as DVC asks for it, alone in a folder that is named, or in ``runs/``."""
    if params is not None:
        _refuse_beside_params(takes.command, words, output)
        from pipeline.experiments import stage

        stage.run_with_params(takes.command, params)
        return
    files, settings = takes.sort(words)
    if files and output is not None and takes.command not in _READ_FILES:
        raise UsageError(
            takes.command,
            f"with -o the tables in {output} are read, so {files[0]} would be ignored; "
            "leave one of them out",
        )
    from pipeline.config import compose
    from pipeline.experiments import run, stage

    names = run.file_settings(takes.command, [str(path) for path in files])
    config = compose([*settings, *names])
    if output is not None:
        stage.run_in_folder(takes.command, config, output)
        return
    with resumable():
        run.run(config, takes.command)


def perform_or_sweep(
    takes: Takes,
    words: Sequence[str | Path],
    output: Path | None,
    params: Path | None,
    *,
    multirun: bool,
) -> int:
    """A stage, or one run per combination of settings; returns the exit code."""
    if not multirun:
        perform(takes, words, output, params)
        return 0
    if output is not None or params is not None:
        flag = "--params" if output is None else "-o"
        raise UsageError(takes.command, f"-m makes folders of its own; leave {flag} or -m out")
    files, settings = takes.sort(words, hydra=True)
    from pipeline.experiments.run import run_sweep

    with resumable():
        return min(run_sweep(settings, takes.command, [str(path) for path in files]), 1)


def _refuse_beside_params(command: str, words: Sequence[str | Path], output: Path | None) -> None:
    beside = [str(word).removeprefix(LITERAL) for word in words]
    if output is not None:
        beside.append("-o")
    if beside:
        raise UsageError(
            command, f"with --params the file says everything; leave {shown(beside[0])} out"
        )
