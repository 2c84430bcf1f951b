"""``rhetoric evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.flags import Files, Multirun, Params
from pipeline.cli.sections import RESULT
from pipeline.cli.stages import OutputOfStage, perform_or_sweep
from pipeline.cli.takes import Takes
from pipeline.cli.usage import UsageError

TAKES = Takes("evaluate", RESULT, most=None)
# With --model nothing is trained: the settings of training would be ignored.
OF_A_MODEL = Takes("evaluate", ("evaluate", "seed"), least=1, most=None, expands=False)

app = command(
    TAKES,
    "[--model DIR FILE ...] [-o DIR] [key=value ...]",
    """Evaluate on the test fold, or on a coded file.

    With --model a trained model is judged on coded JSON Lines from outside the folds (settings:
    evaluate, seed). Without it this is `rhetoric train`.""",
    (
        "rhetoric evaluate --model build/model coded.jsonl",
        "rhetoric evaluate --model runs/ID/model coded.jsonl -o judged",
    ),
)


@app.default
def evaluate(
    *words: Files,
    model: Annotated[Path | None, Parameter(help="Folder of the model that is judged.")] = None,
    output: OutputOfStage = None,
    params: Params = None,
    multirun: Multirun = False,
) -> int:
    if model is not None:
        _judge(words, model, output, params, multirun=multirun)
        return 0
    return perform_or_sweep(TAKES, words, output, params, multirun=multirun)


def _judge(
    words: tuple[str | Path, ...],
    model: Path,
    output: Path | None,
    params: Path | None,
    *,
    multirun: bool,
) -> None:
    if params is not None or multirun:
        flag = "-m" if multirun else "--params"
        raise UsageError("evaluate", f"--model judges one model as it is; leave {flag} out")
    files, settings = OF_A_MODEL.sort(words)
    if output is not None and len(files) > 1:
        raise UsageError(
            "evaluate", "-o holds the figures of one file; give one FILE, or leave -o out"
        )
    from pipeline.config import compose
    from pipeline.experiments import application

    application.evaluate(compose(settings), model, files, output)
