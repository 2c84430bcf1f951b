"""``rhetoric annotate studio``: a server of Label Studio."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command, group
from pipeline.cli.flags import Files, Limit, Model, Open, Settings, Supersede
from pipeline.cli.sections import LABELS, POSTS
from pipeline.cli.takes import Takes

PUSH = Takes("annotate studio push", (*LABELS, *POSTS, "studio", "tracking"), most=None)
PULL = Takes(
    "annotate studio pull",
    (*LABELS, "studio"),
    instead="a file is taken in with `rhetoric annotate import {file}`",
)

app = group("studio", "Exchange with a server of Label Studio.")

push_app = command(
    PUSH,
    "[FILE ...] [key=value ...]",
    """Send passages to a project; those that are there already are left alone.

    FILE is a queue or any collector's file; without one labels/ is read. The token is in
    LABEL_STUDIO_API_KEY.""",
    (
        "rhetoric annotate studio push queue.jsonl studio.url=https://labels.org",
        "rhetoric annotate studio push --limit 100 studio.annotators=3",
    ),
)
pull_app = command(
    PULL,
    "[key=value ...]",
    "Take the answers of a project into labels/.",
    (
        "rhetoric annotate studio pull",
        "rhetoric annotate studio pull --supersede studio.project=spring",
    ),
)
app.command(push_app)
app.command(pull_app)


@push_app.default
def push(
    *words: Files,
    coder: Annotated[
        str | None, Parameter(help="Leave out what this coder has answered elsewhere.")
    ] = None,
    model: Model = None,
    open: Open = False,
    limit: Limit = None,
) -> None:
    files, settings = PUSH.sort(words)
    from pipeline.campaign import outgoing, studio
    from pipeline.config import compose

    wanted = outgoing.QueueRequest(coder or studio.EVERYBODY, files, open_only=open, limit=limit)
    studio.push(compose(settings), wanted, model)


@pull_app.default
def pull(
    *words: Settings,
    coder: Annotated[
        str | None, Parameter(help="The one coder whose answers the project holds.")
    ] = None,
    supersede: Supersede = False,
) -> None:
    _, settings = PULL.sort(words)
    from pipeline.campaign import studio
    from pipeline.config import compose

    studio.pull(compose(settings), coder, supersede=supersede)
