"""``rhetoric promote``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.flags import Runs
from pipeline.cli.takes import Takes
from pipeline.cli.usage import UsageError

TAKES = Takes("promote", ("evaluate", "seed", "codebook", "tracking"), least=1, most=1, file="RUN")

app = command(
    TAKES,
    "RUN [--reason TEXT] [key=value ...]",
    """Make a run the champion if it is better.

    The champion is the model that `rhetoric score` uses. Better means that the interval of the
    difference in macro F1 lies above 0.""",
    ("rhetoric promote runs/B", "rhetoric promote build --reason 'trained on the new labels'"),
)


@app.default
def promote(
    *words: Runs,
    reason: Annotated[
        str | None, Parameter(help="Why, where the test alone does not say so.")
    ] = None,
) -> None:
    (run,), settings = TAKES.runs(words)
    if reason is not None and not reason.strip():
        raise UsageError("promote", "--reason is empty")
    from pipeline.config import compose
    from pipeline.experiments import comparing
    from pipeline.io.console import say

    say(comparing.promote(compose(settings), run, reason))
