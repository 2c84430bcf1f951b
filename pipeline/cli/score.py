"""``rhetoric score``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.flags import Files, Model, OutputFolder
from pipeline.cli.sections import POSTS
from pipeline.cli.takes import Takes
from pipeline.cli.usage import UsageError, resumable

TAKES = Takes("score", ("score", "runner", *POSTS, "tracking"), least=1, most=None)

app = command(
    TAKES,
    "FILE ... -o DIR [key=value ...]",
    """Score newly collected posts.

    Files are recognised by content: Telegram Desktop, saved t.me pages, 4CAT, CSV, JSONL, Parquet.
    A run that stopped goes on with the same command.""",
    (
        "rhetoric score result.json -o scored",
        "rhetoric score 'ChatExport_2026-11-24 (1)' -o scored runner.workers=4",
    ),
)


@app.default
def score(
    *words: Files,
    output: OutputFolder,
    model: Model = None,
    restart: Annotated[
        bool, Parameter(help="Begin anew where another model or input was scored.")
    ] = False,
    update: Annotated[bool, Parameter(help="Score only what is new since the last call.")] = False,
) -> None:
    files, settings = TAKES.sort(words)
    if restart and update:
        raise UsageError("score", "--restart throws away what --update would add to")
    go_on = "the same command without --restart goes on from here"
    from pipeline.config import compose
    from pipeline.experiments import execution

    with resumable(go_on) if restart else resumable():
        execution.score(compose(settings), files, model, output, restart=restart, update=update)
