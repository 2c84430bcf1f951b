"""``rhetoric annotate``: passages out to coders, answers back, and what the lead does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pipeline.cli.command import command, group
from pipeline.cli.flags import Coder, File, Files, Limit, Open, OutputFile, Supersede
from pipeline.cli.sections import LABELS, POSTS
from pipeline.cli.takes import Takes
from pipeline.cli.usage import UsageError

OptionalCoder = Annotated[
    str | None, Parameter(name="--coder", help="The coder's pseudonym; else for everybody.")
]

QUEUE = Takes("annotate queue", (*LABELS, *POSTS, "queue", "seed"), most=None)
EXPORT = Takes("annotate export", (*LABELS, *POSTS), most=None)
IMPORT = Takes("annotate import", LABELS, least=1, most=1, expands=False)
REPORT = Takes("annotate report", (*LABELS, *POSTS), most=None)
ADJUDICATE = Takes("annotate adjudicate", (*LABELS, *POSTS), most=None)

app = group("annotate", "Send passages to coders; take answers back.")

queue_app = command(
    QUEUE,
    "[FILE ...] -o FILE.jsonl [key=value ...]",
    """Choose what to label next.

    FILE is a folder of scores or any collector's file; without one labels/ is read. The shares of
    sampled, uncertain, scarce and disputed passages are settings (queue).""",
    (
        "rhetoric annotate queue --coder anna --limit 50 -o queue.jsonl",
        "rhetoric annotate queue scored -o queue.jsonl queue.sample=1",
    ),
)
export_app = command(
    EXPORT,
    "--as FORM [--coder NAME] -o FILE [FILE ...] [key=value ...]",
    """Write the passages that wait for a coder.

    FILE is a queue or any collector's file; without one labels/ is read. page: one HTML file that
    works offline; sheet: .xlsx or .csv; shorthand: .txt for a text editor; studio: tasks of Label
    Studio (.json) with the labelling interface beside them (.xml). coded: the adjudicated labels of
    the coders named, people's by default, as JSONL that evaluate and recalibrate read.""",
    (
        "rhetoric annotate export --as page --coder anna -o anna.html queue.jsonl",
        "rhetoric annotate export --as sheet --coder anna -o anna.xlsx --limit 50",
    ),
)
import_app = command(
    IMPORT,
    "FILE [--sheet SHEET --coder NAME] [key=value ...]",
    """Take a coder's answers into labels/.

    The file is recognised by its content: what the page saved, a sheet, the JSON that Label Studio
    exports, or answers in shorthand, which need --sheet and --coder.""",
    (
        "rhetoric annotate import anna.jsonl",
        "rhetoric annotate import answers.txt --sheet sheet.txt --coder anna",
    ),
)
report_app = command(
    REPORT,
    "-o FILE.html [FILE ...] [key=value ...]",
    """Write how coders agree, as one HTML page.

    Where any person has coded, people's answers are looked at alone unless --coder or --kind says
    otherwise. FILE holds texts that are not in labels/.""",
    (
        "rhetoric annotate report -o agreement.html --kind language_model",
        "rhetoric annotate report result.json -o agreement.html",
    ),
)
adjudicate_app = command(
    ADJUDICATE,
    "--coder NAME -o FILE [FILE ...] [key=value ...]",
    """Write what coders left open, for the lead to settle.

    The file is a page (.html) or a queue (.jsonl); importing its answers settles the questions.""",
    (
        "rhetoric annotate adjudicate --coder lead -o lead.html",
        "rhetoric annotate adjudicate --coder lead -o lead.jsonl --limit 20",
    ),
)
for _app in (queue_app, export_app, import_app, report_app, adjudicate_app):
    app.command(_app)
app.command(
    "pipeline.cli.studio:app", name="studio", help="Exchange with a server of Label Studio."
)
app.command(
    "pipeline.cli.ask:app", name="ask", help="Let a language model code what waits for a coder."
)
app.command(
    "pipeline.cli.assign:assign_app",
    name="assign",
    help="Deal a queue among coders, with shares that overlap.",
)
app.command(
    "pipeline.cli.assign:status_app",
    name="status",
    help="Show what of an assignment is done and open, hours and agreement.",
)
app.command(
    "pipeline.cli.audit:app",
    name="audit",
    help="Correct a model's shares by a probability sample that people coded.",
)
for _old in ("page", "sheet"):
    app.command(f"pipeline.cli.old_words:annotate_{_old}", name=_old, show=False)


@queue_app.default
def queue(
    *words: Files,
    output: OutputFile,
    coder: OptionalCoder = None,
    model: Annotated[
        Path | None, Parameter(help="Folder of the model that says what is uncertain.")
    ] = None,
    limit: Limit = None,
    stale: Annotated[
        bool, Parameter(help="Only passages whose answers a changed rule made stale.")
    ] = False,
) -> None:
    files, settings = QUEUE.sort(words)
    if stale and model is not None:
        raise UsageError("annotate queue", "--stale asks no model; leave --model out")
    from pipeline.campaign import queue as queues
    from pipeline.config import compose

    if stale:
        queues.stale(compose(settings), files, output, coder, limit)
        return
    queues.choose_next(compose(settings), files, output, coder, model, limit)


@export_app.default
def export(
    *words: Files,
    form: Annotated[
        Literal["page", "sheet", "shorthand", "studio", "coded"],
        Parameter(name="--as", help="The form that the coder works in."),
    ],
    coder: OptionalCoder = None,
    output: OutputFile,
    open: Open = False,
    limit: Limit = None,
) -> None:
    files, settings = EXPORT.sort(words)
    if form == "coded":
        if open or limit is not None:
            flag = "--open" if open else "--limit"
            raise UsageError("annotate export", f"--as coded writes all labels; leave {flag} out")
        _coded(settings, files, coder, output)
        return
    if coder is None:
        raise UsageError("annotate export", f"--coder is missing: for whom is the {form}?")
    from pipeline.campaign import outgoing
    from pipeline.config import compose

    wanted = outgoing.QueueRequest(coder, files, open_only=open, limit=limit)
    outgoing.export(compose(settings), form, wanted, output)


def _coded(settings: list[str], files: list[Path], coder: str | None, output: Path) -> None:
    from pipeline.annotation.selection import Selection
    from pipeline.campaign import people_and_models
    from pipeline.config import compose

    coders = tuple(name for name in (coder or "").split(",") if name)
    people_and_models.export_coded(
        output, compose(settings), wanted=Selection(coders=coders), inputs=files
    )


@import_app.default
def import_file(
    *words: File,
    coder: Annotated[
        str | None, Parameter(name="--coder", help="Whose answers, where the file does not say.")
    ] = None,
    sheet: Annotated[
        Path | None, Parameter(help="The sheet that answers in shorthand belong to.")
    ] = None,
    supersede: Supersede = False,
) -> None:
    (file,), settings = IMPORT.sort(words)
    from pipeline.campaign import incoming
    from pipeline.config import compose

    incoming.import_file(compose(settings), file, coder, sheet, supersede=supersede)


@report_app.default
def report(
    *words: Files,
    output: OutputFile,
    coder: Annotated[
        str, Parameter(name="--coder", help="These coders alone, separated by commas.")
    ] = "",
    kind: Annotated[
        str, Parameter(help="Coders of this kind alone: person, language_model or rule.")
    ] = "",
    since: Annotated[str | None, Parameter(help="Answers from this day on (2026-11-24).")] = None,
    until: Annotated[str | None, Parameter(help="Answers before this day.")] = None,
) -> None:
    files, settings = REPORT.sort(words)
    from pipeline.annotation.selection import Selection, moment
    from pipeline.campaign import lead
    from pipeline.config import compose

    wanted = Selection(
        coders=tuple(name for name in coder.split(",") if name),
        kinds=(kind,) if kind else (),
        since=None if since is None else moment(since, "--since"),
        until=None if until is None else moment(until, "--until"),
    )
    lead.report(compose(settings), files, output, wanted)


@adjudicate_app.default
def adjudicate(*words: Files, coder: Coder, output: OutputFile, limit: Limit = None) -> None:
    files, settings = ADJUDICATE.sort(words)
    from pipeline.campaign import lead
    from pipeline.config import compose

    lead.adjudicate(compose(settings), files, coder, output, limit)
