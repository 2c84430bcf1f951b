"""``rhetoric tune``."""

from __future__ import annotations

from pipeline.cli.command import command
from pipeline.cli.flags import Settings
from pipeline.cli.sections import RESULT
from pipeline.cli.takes import Takes
from pipeline.cli.usage import resumable

TAKES = Takes("tune", (*RESULT, "tune"), instead="a table is labelled.files=[{file}]")

app = command(
    TAKES,
    "[key=value ...]",
    """Search settings for the best score on dev.

    The spaces stand in configs/tune. Ctrl-C loses one trial; the same command goes on with the
    study in runs/tune, and the best settings are printed as the line to type.""",
    (
        "rhetoric tune model=transformer tune.trials=30",
        "rhetoric tune tune=own '+tune.space={train.epochs: {low: 1, high: 4}}'",
    ),
)


@app.default
def tune(*words: Settings) -> None:
    _, settings = TAKES.sort(words)
    from pipeline.experiments import tuning
    from pipeline.io.console import say

    with resumable():
        say(tuning.tune(settings))
