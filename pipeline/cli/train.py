"""``rhetoric train``."""

from __future__ import annotations

from pipeline.cli.command import command
from pipeline.cli.flags import Files, Multirun, Params
from pipeline.cli.sections import RESULT
from pipeline.cli.stages import OutputOfStage, perform
from pipeline.cli.takes import Takes
from pipeline.cli.usage import UsageError, resumable

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
    if not multirun:
        perform(TAKES, words, output, params)
        return 0
    if output is not None or params is not None:
        flag = "--params" if output is None else "-o"
        raise UsageError("train", f"-m makes folders of its own; leave {flag} or -m out")
    files, settings = TAKES.sort(words, hydra=True)
    from pipeline.experiments.run import run_sweep

    with resumable():
        return min(run_sweep(settings, "train", [str(path) for path in files]), 1)
