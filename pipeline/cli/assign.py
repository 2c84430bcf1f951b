"""``rhetoric annotate assign`` and ``status``: a queue dealt among coders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from pipeline.cli.command import command
from pipeline.cli.flags import File, OutputFolder
from pipeline.cli.sections import LABELS
from pipeline.cli.takes import Takes
from pipeline.cli.usage import UsageError

ASSIGN = Takes("annotate assign", (*LABELS, "seed"), least=1, most=1, file="QUEUE")
STATUS = Takes("annotate status", LABELS, least=1, most=1, file="ASSIGNMENT")

assign_app = command(
    ASSIGN,
    "QUEUE --coders a,b,c -o FOLDER [key=value ...]",
    """Deal a queue among coders, with shares that overlap.

    All coders get the calibration passages first; of the others a share goes to two coders. Who
    got what is kept in label.assignments.""",
    (
        "rhetoric annotate assign queue.jsonl --coders anna,boris,chen -o dealt",
        "rhetoric annotate assign queue.jsonl --coders a,b -o dealt --overlap 0.5",
    ),
)
status_app = command(
    STATUS,
    "ASSIGNMENT [key=value ...]",
    "Show what of an assignment is done and open, hours and agreement.",
    (
        "rhetoric annotate status labels/assignments/queue.json",
        "rhetoric annotate status labels/assignments/queue.json --target 0.75",
    ),
)
_SHARE = validators.Number(gte=0, lte=1)


@assign_app.default
def assign(
    *words: File,
    coders: Annotated[str, Parameter(help="Pseudonyms, separated by commas.")],
    output: OutputFolder,
    overlap: Annotated[
        float, Parameter(help="Share coded by two coders, 0 to 1.", validator=_SHARE)
    ] = 0.2,
    calibration: Annotated[
        int, Parameter(help="Passages that all code first.", validator=validators.Number(gte=0))
    ] = 20,
) -> None:
    (queue,), settings = ASSIGN.sort(words)
    names = [name.strip() for name in coders.split(",") if name.strip()]
    if len(set(names)) < 2:
        raise UsageError("annotate assign", "--coders needs two names or more")
    from pipeline.campaign import assigning
    from pipeline.config import compose

    assigning.assign(
        queue, names, output, compose(settings), overlap=overlap, calibration=calibration
    )


@status_app.default
def status(
    *words: File,
    target: Annotated[
        float, Parameter(help="Agreement (alpha) that is aimed at.", validator=_SHARE)
    ] = 0.8,
) -> None:
    (record,), settings = STATUS.sort(words)
    from pipeline.campaign import assigning
    from pipeline.config import compose

    assigning.status(Path(record), compose(settings), target=target)
