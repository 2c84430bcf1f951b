"""``rhetoric report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.flags import File
from pipeline.cli.takes import Takes
from pipeline.cli.usage import UsageError

TAKES = Takes("report", ("report",), least=1, most=1, file="folder of scores", expands=False)

app = command(
    TAKES,
    "SCORES [-o DIR] [key=value ...]",
    """Write one HTML page about a folder of scores.

    The page works without a network; its figures and tables are written beside it.""",
    (
        "rhetoric report scored",
        "rhetoric report scored -o for_print report.title='A year of posts'",
    ),
)


@app.default
def report(
    *words: File,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="Another folder for the page.")
    ] = None,
) -> None:
    (folder,), settings = TAKES.sort(words)
    if output is not None and output.suffix == ".html":
        raise UsageError(
            "report", f"-o {output}: give a folder; report.html and its figures go into it"
        )
    from pipeline import stages
    from pipeline.config import compose
    from pipeline.io.console import say

    say(f"report: {stages.report(compose(settings), folder, output)}")
