"""The passages that wait for a coder, in the form that the coder works in."""

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
from pipeline.campaign.passages import all_texts, of_collectors_files
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.io.console import say

_BACK = "Send it; `rhetoric annotate import FILE` takes in what comes back"


@dataclass(frozen=True)
class Wanted:
    """Which passages a coder gets: of queue files, of collectors' files, or of ``labels/``; with
    ``open_only`` those on which coders differ, asked only for the questions that are open."""

    coder: str
    paths: Sequence[Path] = ()
    open_only: bool = False
    limit: int | None = None


def export(config: Config, form: str, wanted: Wanted, path: Path) -> None:
    """Write what waits for the coder; ``form`` is one of ``FORMS``."""
    endings, write = FORMS[form]
    if path.suffix.casefold() not in endings:
        raise InputError(f"annotate export --as {form}: -o {path}: give {' or '.join(endings)}")
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
        say(f"{item.passage_id}: {len(item.text)} characters do not fit into a cell; left out")
    say(f"{path}: {len(queue.items) - len(too_long)} passages for {queue.coder}. {_BACK}")


def _shorthand(queue: Queue, path: Path, labels: Labels) -> None:
    rows = [
        {"passage_id": i.passage_id, "opening": i.opening, "before": i.before, "text": i.text}
        for i in queue.items
    ]
    asked = {i.passage_id: i.asked for i in queue.items if i.asked is not None}
    shorthand.write_sheet(rows, path, labels.codebook, asked=asked)
    say(
        f"{path}: {len(rows)} passages for {queue.coder}. `rhetoric annotate import ANSWERS "
        f"--sheet {path} --coder {queue.coder}` takes the answers in"
    )


def _studio(queue: Queue, path: Path, labels: Labels) -> None:
    interface = path.with_suffix(".xml")
    files.write_json(path, studio.tasks_of(queue, labels.codebook))
    files.write_text(interface, studio.interface(labels.codebook))
    say(
        f"{path}: {len(queue.items)} tasks for Label Studio; {interface}: its labelling interface. "
        "`rhetoric annotate import FILE` takes in what it exports as JSON"
    )


# Form → endings of its file, and what writes it.
FORMS: dict[str, tuple[tuple[str, ...], Callable[[Queue, Path, Labels], None]]] = {
    "page": ((".html",), _page),
    "sheet": (sheet.ENDINGS, _sheet),
    "shorthand": ((".txt",), _shorthand),
    "studio": ((".json",), _studio),
}


def queue_for(command: str, config: Config, labels: Labels, wanted: Wanted) -> Queue:
    """What the coder has not answered yet of the passages that are wanted."""
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
        raise InputError(f"{command}: nothing waits for {wanted.coder}: all passages are answered")
    return made


def refuse_to_settle(command: str, made: Queue) -> None:
    """What the lead settles goes by the page alone."""
    if made.settles:
        raise InputError(f"{command}: what the lead settles goes by the page, which says so")


def _waiting(
    command: str, config: Config, labels: Labels, wanted: Wanted
) -> tuple[list[dict[str, Any]], set[str]]:
    """Passages, and those of them that the coder has answered as far as they are asked."""
    paths, coder = wanted.paths, wanted.coder
    queues = [file for file in paths if queue_file.is_queue(file)]
    if not queues:
        at_hand = of_collectors_files(paths, config) if paths else all_texts(config)
        return at_hand.rows(named=True), labels.done_by(coder)
    if len(queues) < len(paths):
        raise InputError(f"{command}: a queue file and other FILES do not go together")
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
