"""``rhetoric score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.flags import Files, Model
from pipeline.cli.sections import POSTS
from pipeline.cli.takes import Takes
from pipeline.cli.usage import UsageError, resumable

TAKES = Takes("score", ("score", "runner", *POSTS, "tracking"), least=1, most=None)

app = command(
    TAKES,
    "FILE ... -o DIR | --check [key=value ...]",
    """Score newly collected posts.

    Files are recognised by content: Telegram Desktop, saved t.me pages, 4CAT, CSV, JSONL, Parquet.
    A run that stopped goes on with the same command. With --check only the first posts, the
    columns and what would be left out are shown.""",
    (
        "rhetoric score result.json -o scored",
        "rhetoric score 'ChatExport_2026-11-24 (1)' -o scored runner.workers=4",
    ),
)


@app.default
def score(
    *words: Files,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="Folder that results go to.")
    ] = None,
    model: Model = None,
    restart: Annotated[
        bool, Parameter(help="Begin anew where another model or input was scored.")
    ] = False,
    update: Annotated[bool, Parameter(help="Score only what is new since the last call.")] = False,
    check: Annotated[
        bool, Parameter(help="Show how the files are read, and score nothing.")
    ] = False,
) -> None:
    files, settings = TAKES.sort(words)
    if restart and update:
        raise UsageError("score", "--restart throws away what --update would add to")
    go_on = "the same command without --restart goes on from here"
    if output is None and not check:
        raise UsageError("score", "-o is missing; see `rhetoric score --help`")
    from pipeline.config import compose
    from pipeline.experiments import application

    if check or output is None:
        application.check(compose(settings), files)
        return

    resume = "restart" if restart else "update" if update else "go_on"
    with resumable(go_on) if restart else resumable():
        application.score(compose(settings), files, model, output, resume)
