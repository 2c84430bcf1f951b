"""``rhetoric init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.takes import Takes

TAKES = Takes("init", least=1, most=1, file="FOLDER", new=True)

app = command(
    TAKES,
    "FOLDER [--from CODEBOOK]",
    """Start a project of your own in an empty folder.

    It gets a codebook to write your questions into, a folder for labels, the stages of the pipeline
    and a README with the next five commands. No clone is needed.""",
    ("rhetoric init housing", "rhetoric init guns --from gun_violence_news"),
)


@app.default
def init(
    *words: Annotated[str | Path, Parameter(name="FOLDER", help="A new or an empty folder.")],
    source: Annotated[
        str | None,
        Parameter(
            name="--from",
            help="Codebook to begin with: ours or gun_violence_news; else two frames and a target.",
        ),
    ] = None,
) -> None:
    (folder,), _ = TAKES.sort(words)
    from pipeline.io.console import say
    from pipeline.scaffold.new_project import start

    codebook = start(folder, source)
    numbers = f"frames: {len(codebook.frames)}, stance targets: {len(codebook.targets)}"
    say(f"{folder}: a project with codebook.yaml ({codebook.title}; {numbers}) and labels/")
    say("next: go there, write your questions into codebook.yaml, and follow README.md")
