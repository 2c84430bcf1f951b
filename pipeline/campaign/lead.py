"""The lead's commands: report agreement, and settle contested questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.annotation import adjudication, coders, review, settling
from pipeline.annotation.channels import page
from pipeline.annotation.queue import queue_file
from pipeline.annotation.selection import EVERYTHING, Selection
from pipeline.campaign.folder import Labels, labels_of
from pipeline.campaign.passages import input_passages, label_texts
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.io.console import say


def adjudicate(
    config: Config, paths: Sequence[Path], coder: str, path: Path, limit: int | None
) -> None:
    """Write contested passages with the coders' answers, as a page or a queue file for the lead."""
    labels = labels_of(config)
    answers = labels.answers()
    decide = adjudication.METHODS[config.label.adjudication.value]
    texts = input_passages(paths, config) if paths else label_texts(config)
    found, without_text, own = settling.contested_items(
        decide(answers, labels.codebook), answers, texts, coder
    )
    if own:
        say(f"{own} questions left out: {coder} answered them as a coder")
    if without_text:
        say(f"{without_text} passages left out: their text is missing; give the FILES with it")
    found = found[:limit]
    if not found:
        raise InputError(f"annotate adjudicate: no contested questions that {coder} can settle")
    _write(found, path, labels, coder)
    questions = sum(len(item.asked or ()) for item in found)
    say(
        f"{path}: {questions} open questions on {len(found)} passages for {coder}; import the "
        "answers with `rhetoric annotate import FILE.jsonl` to settle them"
    )


def report(
    config: Config, paths: Sequence[Path], path: Path, wanted: Selection = EVERYTHING
) -> None:
    """Write the agreement report; ``paths`` are files with texts that are not in the labels."""
    labels = labels_of(config)
    answers = labels.answers()
    if answers.is_empty():
        raise InputError(f"annotate report: no answers in {labels.annotations}")
    texts = label_texts(config)
    if paths:
        texts = pl.concat([texts, input_passages(paths, config)])
        texts = texts.unique("passage_id", keep="first", maintain_order=True)
    files.write_text(
        path, review.render(answers, texts, labels.codebook, coders.read(labels.coders), wanted)
    )
    say(f"{path}: agreement between {answers['coder'].n_unique()} coders")


def _write(found: list[queue_file.QueueItem], path: Path, labels: Labels, coder: str) -> None:
    if path.suffix == ".jsonl":
        queue_file.write(path, found)
        return
    made = page.queue([item.row() for item in found], labels.codebook, coder)
    files.write_text(path, page.render(made, labels.codebook, labels.instructions_text()))
