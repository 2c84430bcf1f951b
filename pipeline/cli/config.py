"""``rhetoric config``."""

from __future__ import annotations

from pipeline.cli.command import command
from pipeline.cli.flags import Settings
from pipeline.cli.sections import EVERYTHING
from pipeline.cli.takes import Takes

TAKES = Takes("config", EVERYTHING)

app = command(
    TAKES,
    "[key=value ...]",
    """Print the settings and where each comes from.

    The output is YAML. A value that differs from the default of its class is followed by its
    source: a file of configs/, or the command line.""",
    ("rhetoric config", "rhetoric config experiment=two_epochs train.batch_size=16"),
)


@app.default
def config(*words: Settings) -> None:
    _, settings = TAKES.sort(words)
    from pipeline.config.provenance import explained
    from pipeline.io.console import say

    say(explained(settings))
