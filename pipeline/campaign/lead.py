"""What the lead of an annotation does: see how coders agree, settle what they left open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.annotation import adjudication, coders, review, settling
from pipeline.annotation.channels import page
from pipeline.annotation.queue import queue_file
from pipeline.annotation.selection import EVERYTHING, Selection
from pipeline.campaign.folder import Labels, labels_of
from pipeline.campaign.passages import all_texts, of_collectors_files
from pipeline.config import Config
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.io.console import say


def adjudicate(
    config: Config, paths: Sequence[Path], coder: str, path: Path, limit: int | None
) -> None:
    """The contested passages, with the coders' answers, as a page or a queue file for the lead."""
    labels = labels_of(config)
    answers = labels.answers()
    decide = adjudication.METHODS[config.label.adjudication.value]
    texts = of_collectors_files(paths, config) if paths else all_texts(config)
    found, without_text, own = settling.waiting(
        decide(answers, labels.codebook), answers, texts, coder
    )
    if own:
        say(f"{own} questions left out: {coder} answered them as one of the coders")
    if without_text:
        say(f"{without_text} passages left out: their text is not at hand; name the FILES")
    found = found[:limit]
    if not found:
        raise InputError(f"annotate adjudicate: nothing is open that {coder} could settle")
    _write(found, path, labels, coder)
    questions = sum(len(item.asked or ()) for item in found)
    say(
        f"{path}: {questions} open questions on {len(found)} passages for {coder}; what comes back "
        "is taken in with `rhetoric annotate import FILE.jsonl` and settles them"
    )


def report(
    config: Config, paths: Sequence[Path], path: Path, wanted: Selection = EVERYTHING
) -> None:
    """How coders agree, as one HTML page; files may hold texts that are not in the labels."""
    labels = labels_of(config)
    answers = labels.answers()
    if answers.is_empty():
        raise InputError(f"annotate report: nobody has answered anything in {labels.annotations}")
    texts = all_texts(config)
    if paths:
        texts = pl.concat([texts, of_collectors_files(paths, config)])
        texts = texts.unique("passage_id", keep="first", maintain_order=True)
    files.write_text(
        path, review.render(answers, texts, labels.codebook, coders.read(labels.coders), wanted)
    )
    say(f"{path}: how {answers['coder'].n_unique()} coders agree")


def _write(found: list[queue_file.Waiting], path: Path, labels: Labels, coder: str) -> None:
    if path.suffix == ".jsonl":
        queue_file.write(path, found)
        return
    made = page.queue([item.row() for item in found], labels.codebook, coder)
    files.write_text(path, page.render(made, labels.codebook, labels.instructions_text()))
