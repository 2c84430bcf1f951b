"""Exports the passages for a coder in the format that the coder uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.annotation import adjudication
from pipeline.annotation.channels import page, sheet, shorthand, studio
from pipeline.annotation.channels.page import Queue
from pipeline.annotation.queue import queue_file
from pipeline.campaign.folder import Labels, labels_of
from pipeline.campaign.passages import passages_for
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.io.console import say

_BACK = "Send it to the coder, then import the answers with `rhetoric annotate import FILE`"


@dataclass(frozen=True)
class QueueRequest:
    """The passages for a coder: from queue files, collectors' files or ``labels/``; with
    ``open_only`` only contested passages with their open questions."""

    coder: str
    paths: Sequence[Path] = ()
    open_only: bool = False
    limit: int | None = None


def export(config: Config, form: str, wanted: QueueRequest, path: Path) -> None:
    """Write the coder's queue; ``form`` is a key of ``FORMS``."""
    endings, write = FORMS[form]
    if path.suffix.casefold() not in endings:
        raise InputError(
            f"annotate export --as {form}: -o {path}: must end in {' or '.join(endings)}"
        )
    labels = labels_of(config)
    queue = queue_for("annotate export", config, labels, wanted)
    if form != "page":
        refuse_to_settle(f"annotate export --as {form}", queue)
    write(queue, path, labels)


def _page(queue: Queue, path: Path, labels: Labels) -> None:
    files.write_text(path, page.render(queue, labels.codebook, labels.instructions_text()))
    size = path.stat().st_size / 1e6
    say(f"{path}: {len(queue.items)} passages for {queue.coder} ({size:.1f} MB). {_BACK}")


def _sheet(queue: Queue, path: Path, labels: Labels) -> None:
    too_long = sheet.write(queue, path, labels.codebook)
    for item in too_long:
        say(f"{item.passage_id} left out: {len(item.text)} characters do not fit into a cell")
    say(f"{path}: {len(queue.items) - len(too_long)} passages for {queue.coder}. {_BACK}")


def _shorthand(queue: Queue, path: Path, labels: Labels) -> None:
    rows = [
        {"passage_id": i.passage_id, "opening": i.opening, "before": i.before, "text": i.text}
        for i in queue.items
    ]
    asked = {i.passage_id: i.asked for i in queue.items if i.asked is not None}
    shorthand.write_sheet(rows, path, labels.codebook, asked=asked)
    say(
        f"{path}: {len(rows)} passages for {queue.coder}. Import the answers with `rhetoric "
        f"annotate import ANSWERS --sheet {path} --coder {queue.coder}`"
    )


def _studio(queue: Queue, path: Path, labels: Labels) -> None:
    interface = path.with_suffix(".xml")
    files.write_json(path, studio.tasks_of(queue, labels.codebook))
    files.write_text(interface, studio.interface(labels.codebook))
    say(
        f"{path}: {len(queue.items)} tasks for Label Studio; {interface}: its labelling interface. "
        "Import its JSON export with `rhetoric annotate import FILE`"
    )


# Form → file endings and writer.
FORMS: dict[str, tuple[tuple[str, ...], Callable[[Queue, Path, Labels], None]]] = {
    "page": ((".html",), _page),
    "sheet": (sheet.ENDINGS, _sheet),
    "shorthand": ((".txt",), _shorthand),
    "studio": ((".json",), _studio),
}


def queue_for(command: str, config: Config, labels: Labels, wanted: QueueRequest) -> Queue:
    """The requested passages that the coder has not answered yet."""
    rows, done = _waiting(command, config, labels, wanted)
    made = page.queue(
        rows,
        labels.codebook,
        wanted.coder,
        done=done,
        asked=_open_questions(labels) if wanted.open_only else None,
        limit=wanted.limit,
    )
    if not made.items:
        raise InputError(f"{command}: {wanted.coder} has already answered all passages")
    return made


def refuse_to_settle(command: str, made: Queue) -> None:
    """Raise InputError for a queue of contested questions, which only the page supports."""
    if made.settles:
        raise InputError(
            f"{command}: contested questions for the lead can only be exported as a page"
        )


def _waiting(
    command: str, config: Config, labels: Labels, wanted: QueueRequest
) -> tuple[list[dict[str, Any]], set[str]]:
    """The requested passages, and those of them that the coder has completely answered."""
    paths, coder = wanted.paths, wanted.coder
    queues = [file for file in paths if queue_file.is_queue(file)]
    if not queues:
        done = labels.done_by(coder)
        return passages_for(command, paths, config).rows(named=True), done
    if len(queues) < len(paths):
        raise InputError(f"{command}: queue files cannot be combined with other FILES")
    items = [item for file in queues for item in queue_file.read(file, labels.codebook)]
    fresh = labels.answered_by(coder, {item.passage_id: item.text for item in items})
    everything = {question.name for question in labels.codebook.questions}
    done = {
        item.passage_id
        for item in items
        if (everything if item.asked is None else set(item.asked))
        <= fresh.get(item.passage_id, set())
    }
    return [item.row() for item in items], done


def _open_questions(labels: Labels) -> dict[str, list[str]]:
    return adjudication.open_questions(adjudication.majority(labels.answers(), labels.codebook))
