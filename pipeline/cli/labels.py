"""What ``rhetoric labels …`` does: for people who add to ``labels/`` or look at what is there."""

from __future__ import annotations

from collections.abc import Mapping
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
    datasheet,
    diversity,
    export,
    importing,
    staleness,
    statistics,
    store,
)
from pipeline.annotation import lines as coded
from pipeline.annotation.channels import shorthand
from pipeline.annotation.importing import Imported
from pipeline.annotation.lines import Line
from pipeline.cli.words import Words
from pipeline.codebook import Codebook
from pipeline.config import Config, located
from pipeline.datasets import hydration
from pipeline.errors import InputError
from pipeline.experiments.passages import of_collectors_files
from pipeline.io import files
from pipeline.io.console import say

Given = TypeVar("Given")


@dataclass(frozen=True)
class Labels:
    """Where the labels stand, and the codebook they are coded under."""

    texts: Path
    annotations: Path
    coders: Path
    codebook: Codebook
    hydrated: Path
    instructions: Path

    def instructions_text(self) -> str:
        """Beside the codebook, in Markdown, for coders; none where there is no such file."""
        there = self.instructions.is_file()
        return self.instructions.read_text(encoding="utf-8") if there else ""

    def answers(self) -> pl.DataFrame:
        return store.read(
            texts=self.texts,
            annotations=self.annotations,
            coders=self.coders,
            codebook=self.codebook,
        )

    def done_by(self, coder: str) -> set[str]:
        """Passages that a coder has answered, in whole or in part."""
        return {line.passage_id for line in self.lines_of(coder)}

    def answered_by(self, coder: str, texts: Mapping[str, str]) -> dict[str, set[str]]:
        """Passage → questions that a coder has answered under rules that still hold.

        ``texts`` are those of the passages in question, by id.
        """
        lines = self.lines_of(coder)
        stale = staleness.stale(lines, self.codebook, texts)
        found: dict[str, set[str]] = {}
        for line in lines:
            found.setdefault(line.passage_id, set()).update(line.questions(self.codebook))
        return {key: names - set(stale.get(key, ())) for key, names in found.items()}

    def lines_of(self, coder: str) -> list[Line]:
        """What a coder has said; raises InputError for a name that is no pseudonym."""
        importing.check_pseudonym(coder)
        path = self.annotations / f"{coder}.jsonl"
        return coded.read(path) if path.exists() else []


def labels_of(config: Config) -> Labels:
    codebook = located(config.codebook)
    return Labels(
        Path(config.label.texts),
        Path(config.label.annotations),
        Path(config.label.coders),
        codebooks.load(codebook),
        Path(config.label.hydrated),
        codebook.with_name("CODING.md"),
    )


def perform(name: str, words: Words, config: Config) -> int:
    """Run one of the commands; returns its exit code."""
    labels = labels_of(config)
    match name:
        case "check":
            return _check(labels)
        case "hydrate":
            _hydrate(labels, words, config)
        case "stats":
            _stats(labels, words)
        case "diversity":
            similarity = config.segment.family_similarity
            say(
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


def _check(labels: Labels) -> int:
    checked = check.labels(
        texts=labels.texts,
        annotations=labels.annotations,
        coders=labels.coders,
        codebook=labels.codebook,
    )
    for problem in checked.problems:
        say(str(problem))
    lines = sum(len(of_coder) for of_coder in checked.lines.values())
    without = len(checked.without_text - set(hydration.read(labels.hydrated)["passage_id"]))
    found = len(checked.without_text) - without
    say(
        f"{len(checked.texts)} passages, {lines} lines of {len(checked.lines)} coders, "
        f"{without} passages without their text{f', {found} hydrated' if found else ''}: "
        f"{len(checked.errors)} mistakes"
    )
    return 1 if checked.errors else 0


def _hydrate(labels: Labels, words: Words, config: Config) -> None:
    """Texts of passages that are labelled by their id alone, from the user's own FILES."""
    if not words.files:
        raise InputError("labels hydrate: in which FILES? e.g. the export that was coded")
    checked = check.labels(
        texts=labels.texts,
        annotations=labels.annotations,
        coders=labels.coders,
        codebook=labels.codebook,
    )
    store.refuse(checked.errors)
    known = set(hydration.read(labels.hydrated)["passage_id"])
    wanted = checked.without_text - known
    texts = hydration.found(wanted, of_collectors_files(words.files, config)) if wanted else []
    if texts:
        hydration.keep(labels.hydrated, texts)
    say(
        f"{labels.hydrated}: {len(texts)} texts found, {len(checked.without_text & known)} were "
        f"there already, {len(wanted) - len(texts)} are still missing; git leaves them alone"
    )


def _stats(labels: Labels, words: Words) -> None:
    """On the terminal, or into the generated part of a datasheet."""
    text = statistics.render(
        statistics.tables(
            store.read_texts(labels.texts),
            labels.answers(),
            labels.codebook,
            coders.read(labels.coders),
        )
    )
    if words.output is None:
        say(text)
        return
    files.write_text(words.output, datasheet.filled(words.output, text))
    say(f"{words.output}: the tables are up to date")


def _export(labels: Labels, words: Words, config: Config) -> None:
    """With the folds of the pipeline's last run: the dataset is split as the model was judged."""
    from pipeline.config.run_folder import Tables

    folder = needed(words.output, "labels export: say where the dataset goes: -o DIR")
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
    say(f"{folder}: {listed}; load it with datasets.load_from_disk")


def _sheet(labels: Labels, words: Words) -> None:
    """Passages that the coder has not answered, whole posts together, in a fixed order; of them
    the first ``--limit``; with ``--open`` only those on which coders differ, and only the questions
    that are open."""
    coder = needed(words.coder, "labels sheet: for whom? --coder NAME")
    path = needed(words.output, "labels sheet: say where the sheet goes: -o FILE")
    answers = labels.answers()
    done = answers.filter(pl.col("coder") == coder)["passage_id"].unique()
    waiting = (
        store.read_texts(labels.texts)
        .filter(~pl.col("passage_id").is_in(done.implode()))
        .sort("post", "position")
    )
    asked = None
    if words.open_only:
        asked = adjudication.open_questions(adjudication.majority(answers, labels.codebook))
        waiting = waiting.filter(pl.col("passage_id").is_in(list(asked)))
    if words.limit:
        waiting = waiting.head(words.limit)
    rows = list(waiting.iter_rows(named=True))
    shorthand.write_sheet(rows, path, labels.codebook, asked=asked)
    say(f"{path}: {len(rows)} passages; answers come back with `rhetoric labels import`")


def _import(labels: Labels, words: Words) -> None:
    coder = needed(words.coder, "labels import: whose answers? --coder NAME")
    sheet = needed(words.sheet, "labels import: which sheet do they answer? --sheet SHEET")
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
    tell_imported(done)


def tell_imported(done: Imported) -> None:
    """What became of a coder's answers, those that differ from before one by one."""
    for difference in done.differences:
        say(
            f"{difference.passage_id}: {difference.question} was {difference.before}, "
            f"is now {difference.now}"
        )
    say(
        f"{done.added} added, {done.unchanged} known already, {done.superseded} superseded, "
        f"{done.held_back} held back" + ("; --supersede takes them" if done.held_back else "")
    )


def needed(value: Given | None, complaint: str) -> Given:
    if value is None:
        raise InputError(complaint)
    return value
