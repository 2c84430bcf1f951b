"""What ``rhetoric annotate …`` does: a queue goes out to a coder, their answers come back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import polars as pl

from pipeline import files
from pipeline.annotation import adjudication, coders, importing, incoming, page, sheet, store
from pipeline.annotation import lines as coded
from pipeline.annotation.page import Queue
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.label_commands import Labels, labels_of, needed, say, tell_imported
from pipeline.words import Words

_COLUMNS = ("passage_id", "text", "opening", "before", "language", "post", "position")


def perform(name: str, words: Words, config: Config) -> int:
    """Run one of the commands; returns its exit code."""
    labels = labels_of(config)
    match name:
        case "page":
            _page(labels, words, config)
        case "sheet":
            _sheet(labels, words, config)
        case _:
            _import(labels, words)
    return 0


def _page(labels: Labels, words: Words, config: Config) -> None:
    """The coder's queue as one HTML file."""
    coder = needed(words.coder, "annotate page: for whom? --coder NAME")
    path = needed(words.output, "annotate page: say where the page goes: -o FILE.html")
    queue = _queue("annotate page", coder, labels, words, config)
    files.write_text(path, page.render(queue, labels.codebook))
    size = path.stat().st_size / 1e6
    say(
        f"{path}: {len(queue.items)} passages for {coder} ({size:.1f} MB). Send it; what comes "
        "back is taken in with `rhetoric annotate import FILE.jsonl`"
    )


def _sheet(labels: Labels, words: Words, config: Config) -> None:
    """The coder's queue as a spreadsheet."""
    coder = needed(words.coder, "annotate sheet: for whom? --coder NAME")
    path = needed(words.output, "annotate sheet: say where it goes: -o FILE.xlsx or FILE.csv")
    queue = _queue("annotate sheet", coder, labels, words, config)
    too_long = sheet.write(queue, path, labels.codebook)
    for item in too_long:
        say(f"{item.passage_id}: {len(item.text)} characters do not fit into a cell; left out")
    say(
        f"{path}: {len(queue.items) - len(too_long)} passages for {coder}. Send it; what comes "
        "back is taken in with `rhetoric annotate import FILE`"
    )


def _queue(command: str, coder: str, labels: Labels, words: Words, config: Config) -> Queue:
    """Passages of ``labels/texts`` or of FILES that the coder has not answered; with ``--open``
    only those on which coders differ, and only the questions that are open."""
    passages = _of_files(words.files, config) if words.files else store.read_texts(labels.texts)
    queue = page.queue(
        passages.select(_COLUMNS).iter_rows(named=True),
        labels.codebook,
        coder,
        done=_done(labels, coder),
        asked=_open_questions(labels) if words.open_only else None,
        limit=words.limit,
    )
    if not queue.items:
        raise InputError(f"{command}: nothing waits for {coder}: all passages are answered")
    return queue


def _of_files(paths: list[Path], config: Config) -> pl.DataFrame:
    """The paragraphs of any collector's files."""
    from pipeline import sources
    from pipeline.paragraphs import segment

    posts, _ = sources.read_all(
        sources.expand([str(path) for path in paths]),
        asdict(config.ingest.table),
        config.ingest.channel_aliases,
    )
    kept, _ = segment(
        posts,
        min_characters=config.segment.min_characters,
        item_characters=config.segment.item_characters,
    )
    return kept.rename({"post_id": "post"})


def _done(labels: Labels, coder: str) -> set[str]:
    importing.check_pseudonym(coder)
    path = labels.annotations / f"{coder}.jsonl"
    return {line.passage_id for line in coded.read(path)} if path.exists() else set()


def _open_questions(labels: Labels) -> dict[str, list[str]]:
    return adjudication.open_questions(adjudication.majority(labels.answers(), labels.codebook))


def _import(labels: Labels, words: Words) -> None:
    if len(words.files) != 1:
        raise InputError("annotate import: name one FILE that came back from a coder")
    texts = store.read_texts(labels.texts) if labels.texts.is_dir() else None
    known = {} if texts is None else dict(texts.select("passage_id", "text").iter_rows())
    returned = incoming.read(words.files[0], labels.codebook, known)
    for warning in returned.warnings:
        say(str(warning))
    registered = coders.read(labels.coders)
    for coder, lines in returned.lines.items():
        done = importing.add(
            lines, labels.annotations, coder, labels.codebook, supersede=words.supersede
        )
        say(f"{labels.annotations / coder}.jsonl:")
        tell_imported(done)
        if coder not in registered:
            say(f"{labels.coders}: {coder} has no entry yet; add its kind and description")
