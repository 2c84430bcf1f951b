"""``rhetoric annotate audit``: a model's answers held against people's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.flags import File
from pipeline.cli.sections import LABELS
from pipeline.cli.takes import Takes
from pipeline.cli.usage import UsageError

AUDIT = Takes("annotate audit", LABELS, most=1, file="SCORED")

app = command(
    AUDIT,
    "[SCORED] --sample SAMPLE [--coder NAME] [-o FILE.json] [key=value ...]",
    """Correct a model's shares by a probability sample that people coded.

    SCORED is a folder of scores; with --coder the answers of that coder are audited instead. SAMPLE
    is the record of the sample that `annotate queue` left in labels/samples.""",
    (
        "rhetoric annotate audit scored --sample labels/samples/queue.json",
        "rhetoric annotate audit --coder llama --sample labels/samples/queue.json",
    ),
)


@app.default
def audit(
    *words: File,
    sample: Annotated[Path, Parameter(help="Record of the sample, labels/samples/NAME.json.")],
    coder: Annotated[
        str | None, Parameter(name="--coder", help="The model's pseudonym as a coder.")
    ] = None,
    people: Annotated[
        str, Parameter(help="Coders held to be right, separated by commas; else all persons.")
    ] = "",
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="JSON file for the figures.")
    ] = None,
) -> None:
    files, settings = AUDIT.sort(words)
    if files and coder is not None:
        raise UsageError("annotate audit", f"audits {files[0]} or --coder {coder}; leave one out")
    if not files and coder is None:
        raise UsageError("annotate audit", "SCORED or --coder is missing: whose answers?")
    from pipeline.campaign import people_and_models
    from pipeline.config import compose

    people_and_models.audit(
        sample,
        compose(settings),
        model=coder,
        scored=files[0] if files else None,
        people=[name for name in people.split(",") if name],
        output=output,
    )
