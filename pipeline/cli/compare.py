"""``rhetoric compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.flags import Runs
from pipeline.cli.takes import Takes

TAKES = Takes(
    "compare", ("evaluate", "seed", "codebook", "tracking"), least=2, most=None, file="RUN"
)

app = command(
    TAKES,
    "RUN RUN ... [-o FILE.html] [key=value ...]",
    """Compare finished runs: is B better than A?

    The first run is the baseline, and each other is compared with it on the same test passages.""",
    (
        "rhetoric compare runs/A runs/B -o b_or_a.html",
        "rhetoric compare A=runs/1,runs/2 B=runs/3,runs/4",
    ),
)


@app.default
def compare(
    *words: Runs,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="HTML page, with the passages.")
    ] = None,
) -> None:
    runs, settings = TAKES.runs(words)
    from pipeline.config import compose
    from pipeline.experiments import comparing
    from pipeline.io.console import say

    say(comparing.compare(compose(settings), runs, output))
