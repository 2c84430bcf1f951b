"""What ``rhetoric labels …`` does: for people who add to ``labels/`` or look at what is there."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import polars as pl

from pipeline import codebook as codebooks
from pipeline.annotation import (
    adjudication,
    check,
    coders,
    diversity,
    export,
    importing,
    shorthand,
    statistics,
    store,
)
from pipeline.codebook import Codebook
from pipeline.config import Config, located
from pipeline.errors import InputError
from pipeline.words import Words

Given = TypeVar("Given")


@dataclass(frozen=True)
class Labels:
    """Where the labels stand, and the codebook they are coded under."""

    texts: Path
    annotations: Path
    coders: Path
    codebook: Codebook

    def answers(self) -> pl.DataFrame:
        return store.read(
            texts=self.texts,
            annotations=self.annotations,
            coders=self.coders,
            codebook=self.codebook,
        )


def perform(name: str, words: Words, config: Config) -> int:
    """Run one of the commands; returns its exit code."""
    labels = Labels(
        Path(config.label.texts),
        Path(config.label.annotations),
        Path(config.label.coders),
        codebooks.load(located(config.codebook)),
    )
    match name:
        case "check":
            return _check(labels)
        case "stats":
            _say(
                statistics.render(
                    statistics.tables(
                        store.read_texts(labels.texts),
                        labels.answers(),
                        labels.codebook,
                        coders.read(labels.coders),
                    )
                )
            )
        case "diversity":
            similarity = config.segment.family_similarity
            _say(
                diversity.render(
                    diversity.tables(store.read_texts(labels.texts), similarity=similarity)
                )
            )
        case "export":
            _export(labels, words, config)
        case "sheet":
            _sheet(labels, words)
        case _:
            _import(labels, words)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _check(labels: Labels) -> int:
    checked = check.labels(
        texts=labels.texts,
        annotations=labels.annotations,
        coders=labels.coders,
        codebook=labels.codebook,
    )
    for problem in checked.problems:
        _say(str(problem))
    lines = sum(len(of_coder) for of_coder in checked.lines.values())
    _say(
        f"{len(checked.texts)} passages, {lines} lines of {len(checked.lines)} coders, "
        f"{checked.without_text} passages without their text: {len(checked.errors)} mistakes"
    )
    return 1 if checked.errors else 0


def _export(labels: Labels, words: Words, config: Config) -> None:
    """With the folds of the pipeline's last run: the dataset is split as the model was judged."""
    from pipeline import files
    from pipeline.stages import Tables

    folder = _needed(words.output, "labels export: say where the dataset goes: -o DIR")
    annotations = labels.answers()
    counts = export.save(
        folder,
        texts=store.read_texts(labels.texts),
        labels=adjudication.METHODS[config.label.adjudication.value](annotations, labels.codebook),
        folds=files.read_parquet(Tables(config.out).folds),
        codebook=labels.codebook,
        coders=coders.read(labels.coders),
    )
    listed = ", ".join(f"{n} {fold}" for fold, n in counts.items())
    _say(f"{folder}: {listed}; load it with datasets.load_from_disk")


def _sheet(labels: Labels, words: Words) -> None:
    """Passages that the coder has not answered, whole posts together, in a fixed order."""
    coder = _needed(words.coder, "labels sheet: for whom? --coder NAME")
    path = _needed(words.output, "labels sheet: say where the sheet goes: -o FILE")
    done = labels.answers().filter(pl.col("coder") == coder)["passage_id"].unique()
    open_ = (
        store.read_texts(labels.texts)
        .filter(~pl.col("passage_id").is_in(done.implode()))
        .sort("post", "position")
    )
    shorthand.write_sheet(list(open_.iter_rows(named=True)), path, labels.codebook)
    _say(f"{path}: {open_.height} passages; answers come back with `rhetoric labels import`")


def _import(labels: Labels, words: Words) -> None:
    coder = _needed(words.coder, "labels import: whose answers? --coder NAME")
    sheet = _needed(words.sheet, "labels import: which sheet do they answer? --sheet SHEET")
    if len(words.files) != 1:
        raise InputError("labels import: name one FILE of answers")
    answers = shorthand.read_answers(
        words.files[0],
        sheet,
        labels.codebook,
        coded_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    done = importing.add(
        answers, labels.annotations, coder, labels.codebook, supersede=words.supersede
    )
    for difference in done.differences:
        _say(
            f"{difference.passage_id}: {difference.question} was {difference.before}, "
            f"is now {difference.now}"
        )
    _say(
        f"{done.added} added, {done.unchanged} known already, {done.superseded} superseded, "
        f"{done.held_back} held back" + ("; --supersede takes them" if done.held_back else "")
    )


def _needed(value: Given | None, complaint: str) -> Given:
    if value is None:
        raise InputError(complaint)
    return value
