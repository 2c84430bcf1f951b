"""``rhetoric run``."""

from __future__ import annotations

from pipeline.cli.command import command
from pipeline.cli.flags import Multirun, Settings
from pipeline.cli.sections import RESULT
from pipeline.cli.takes import Takes
from pipeline.cli.usage import resumable

TAKES = Takes("run", RESULT, instead="`rhetoric train {file}` trains on a table of your own")

app = command(
    TAKES,
    "[-m] [key=value ...]",
    """Run the whole pipeline on the labels, by DVC.

    The settings go into params.yaml, and whatever changed is done again.""",
    ("rhetoric run", "rhetoric run model=tfidf train.epochs=1"),
)


@app.default
def run(*words: Settings, multirun: Multirun = False) -> int:
    _, settings = TAKES.sort(words, hydra=multirun)
    from pipeline.config import compose
    from pipeline.experiments.run import run as run_stages
    from pipeline.experiments.run import run_sweep

    with resumable():
        if multirun:
            return min(run_sweep(settings, "run"), 1)
        run_stages(compose(settings))
    return 0
