"""``rhetoric recalibrate``."""

from __future__ import annotations

from pipeline.cli.command import command
from pipeline.cli.flags import File, Model, OutputFolder
from pipeline.cli.takes import Takes

TAKES = Takes("recalibrate", ("evaluate", "seed", "tracking"), least=1, most=1, expands=False)

app = command(
    TAKES,
    "FILE -o DIR [key=value ...]",
    """Fit a model's thresholds to your channel.

    FILE is a coded sample of the channel: JSON Lines, or the labels.parquet of a run. The weights
    stay as they are; the figures before and after are printed.""",
    (
        "rhetoric recalibrate coded.jsonl -o my_model",
        "rhetoric recalibrate coded.jsonl -o my_model --model build/model",
    ),
)


@app.default
def recalibrate(*words: File, output: OutputFolder, model: Model = None) -> None:
    (file,), settings = TAKES.sort(words)
    from pipeline.config import compose
    from pipeline.experiments import application

    application.recalibrate(compose(settings), file, model, output)
