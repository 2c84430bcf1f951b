"""What ``rhetoric annotate …`` does: a queue goes out to a coder, their answers come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.annotation import adjudication, coders, importing
from pipeline.annotation.channels import incoming, page, sheet
from pipeline.annotation.channels.page import Queue
from pipeline.annotation.channels.returned import Returned
from pipeline.annotation.queue import queue_file
from pipeline.cli.labels import Labels, labels_of, needed, tell_imported
from pipeline.cli.lead import adjudicate, report
from pipeline.cli.queue import queue
from pipeline.cli.words import Words
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.experiments.passages import all_texts, of_collectors_files
from pipeline.io import files
from pipeline.io.console import say


def perform(name: str, words: Words, config: Config) -> int:
    """Run one of the commands; returns its exit code."""
    labels = labels_of(config)
    match name:
        case "queue":
            queue(labels, words, config)
        case "report":
            report(labels, words, config)
        case "adjudicate":
            adjudicate(labels, words, config)
        case "page":
            _page(labels, words, config)
        case "sheet":
            _sheet(labels, words, config)
        case _:
            _import(labels, words, config)
    return 0


def _page(labels: Labels, words: Words, config: Config) -> None:
    """The coder's queue as one HTML file."""
    coder = needed(words.coder, "annotate page: for whom? --coder NAME")
    path = needed(words.output, "annotate page: say where the page goes: -o FILE.html")
    made = queue_for("annotate page", coder, labels, words, config)
    files.write_text(path, page.render(made, labels.codebook, labels.instructions_text()))
    size = path.stat().st_size / 1e6
    say(
        f"{path}: {len(made.items)} passages for {coder} ({size:.1f} MB). Send it; what comes "
        "back is taken in with `rhetoric annotate import FILE.jsonl`"
    )


def _sheet(labels: Labels, words: Words, config: Config) -> None:
    """The coder's queue as a spreadsheet."""
    coder = needed(words.coder, "annotate sheet: for whom? --coder NAME")
    path = needed(words.output, "annotate sheet: say where it goes: -o FILE.xlsx or FILE.csv")
    made = queue_for("annotate sheet", coder, labels, words, config)
    refuse_to_settle("annotate sheet", made)
    too_long = sheet.write(made, path, labels.codebook)
    for item in too_long:
        say(f"{item.passage_id}: {len(item.text)} characters do not fit into a cell; left out")
    say(
        f"{path}: {len(made.items) - len(too_long)} passages for {coder}. Send it; what comes "
        "back is taken in with `rhetoric annotate import FILE`"
    )


def queue_for(command: str, coder: str, labels: Labels, words: Words, config: Config) -> Queue:
    """What a queue file, ``labels/texts`` or FILES hold that the coder has not answered; with
    ``--open`` only passages on which coders differ, and only the questions that are open."""
    rows, done = _waiting(command, coder, labels, words, config)
    made = page.queue(
        rows,
        labels.codebook,
        coder,
        done=done,
        asked=_open_questions(labels) if words.open_only else None,
        limit=words.limit,
    )
    if not made.items:
        raise InputError(f"{command}: nothing waits for {coder}: all passages are answered")
    return made


def refuse_to_settle(command: str, made: Queue) -> None:
    """What the lead settles goes by the page alone."""
    if made.settles:
        raise InputError(f"{command}: what the lead settles goes by the page, which says so")


def _waiting(
    command: str, coder: str, labels: Labels, words: Words, config: Config
) -> tuple[list[dict[str, Any]], set[str]]:
    """Passages, and those of them that the coder has answered as far as they are asked."""
    queues = [file for file in words.files if queue_file.is_queue(file)]
    if not queues:
        at_hand = of_collectors_files(words.files, config) if words.files else all_texts(config)
        return at_hand.rows(named=True), labels.done_by(coder)
    if len(queues) < len(words.files):
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


def _import(labels: Labels, words: Words, config: Config) -> None:
    if len(words.files) != 1:
        raise InputError("annotate import: name one FILE that came back from a coder")
    take_in(incoming.read(words.files[0], labels.codebook, known_texts(config)), labels, words)


def known_texts(config: Config) -> dict[str, str]:
    """Passage → text of those that are here, to look evidence up in."""
    if not Path(config.label.texts).is_dir():
        return {}
    return dict(all_texts(config).select("passage_id", "text").iter_rows())


def take_in(returned: Returned, labels: Labels, words: Words) -> None:
    """Add what came back to each coder's file, and say what became of it."""
    for warning in returned.warnings:
        say(str(warning))
    registered = coders.read(labels.coders)
    unknown = sorted(set(returned.lines).difference(registered))
    if unknown:
        raise InputError(
            f"{labels.coders}: no entry for {', '.join(unknown)}, so nothing was taken in; add the "
            f"line `{unknown[0]}: {{kind: person, description: who that is in a few words}}` and "
            f"import again; kinds: {', '.join(coders.KINDS)}"
        )
    for coder, lines in returned.lines.items():
        done = importing.add(
            lines, labels.annotations, coder, labels.codebook, supersede=words.supersede
        )
        say(f"{labels.annotations / coder}.jsonl:")
        tell_imported(done)
