"""``rhetoric annotate ask``: a language model as a coder."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from pipeline.cli.command import command
from pipeline.cli.flags import Coder, Files, Limit, Open
from pipeline.cli.sections import LABELS, POSTS
from pipeline.cli.takes import Takes
from pipeline.cli.usage import resumable

ASK = Takes("annotate ask", (*LABELS, *POSTS, "llm"), most=None)

app = command(
    ASK,
    "--coder NAME [FILE ...] llm.model=MODEL [key=value ...]",
    """Let a language model code what waits for a coder.

    FILE is a queue or any collector's file; without one labels/ is read. Each passage goes with the
    codebook to an OpenAI-compatible server (llm.url); a key is read from RHETORIC_LLM_KEY. Answers
    are kept as they come: the same command goes on where it was stopped.""",
    (
        "rhetoric annotate ask queue.jsonl --coder llama llm.model=llama3.1 --plan",
        "rhetoric annotate ask --coder llama llm.model=llama3.1 llm.limit.requests=50",
    ),
)


@app.default
def ask(
    *words: Files,
    coder: Coder,
    open: Open = False,
    limit: Limit = None,
    plan: Annotated[
        bool, Parameter(help="Say what would be sent where and at which cost, and stop.")
    ] = False,
) -> None:
    files, settings = ASK.sort(words)
    from pipeline.campaign import language_model, outgoing
    from pipeline.config import compose

    wanted = outgoing.QueueRequest(coder, files, open_only=open, limit=limit)
    with resumable():
        language_model.ask_for(compose(settings), wanted, only_plan=plan)
