"""``rhetoric train``."""

from __future__ import annotations

from pipeline.cli.command import command
from pipeline.cli.flags import Files, Multirun, Params
from pipeline.cli.sections import RESULT
from pipeline.cli.stages import OutputOfStage, perform_or_sweep
from pipeline.cli.takes import Takes

TAKES = Takes("train", RESULT, most=None)

app = command(
    TAKES,
    "[FILE ...] [-m] [key=value ...]",
    """Train and evaluate a model in a folder of its own.

    FILE is a labelled table of your own; without one labels/ is learnt from. The folder is runs/ID,
    where ID stands for the settings and the labels; -m makes a run per combination.""",
    (
        "rhetoric train mine.csv codebook=mine.yaml",
        "rhetoric train -m model=tfidf,probe seed=1,2,3",
    ),
)


@app.default
def train(
    *words: Files,
    output: OutputOfStage = None,
    params: Params = None,
    multirun: Multirun = False,
) -> int:
    return perform_or_sweep(TAKES, words, output, params, multirun=multirun)
