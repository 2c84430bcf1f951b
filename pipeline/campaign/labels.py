"""The ``labels`` commands: check, hydrate, statistics, diversity and export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.annotation import adjudication, coders, datasheet, statistics, store
from pipeline.annotation import check as checking
from pipeline.annotation import diversity as varied
from pipeline.annotation import export as dataset
from pipeline.campaign.folder import labels_of
from pipeline.campaign.passages import input_passages
from pipeline.config import Config
from pipeline.datasets import hydration
from pipeline.io import files
from pipeline.io.console import say


def check(config: Config) -> int:
    """Print all mistakes with file and line; returns the exit code."""
    labels = labels_of(config)
    checked = checking.labels(
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
        f"labels in {labels.annotations.parent.resolve()}, by {config.codebook}: "
        f"{len(checked.texts)} passages, {lines} lines of {len(checked.lines)} coders, "
        f"{without} passages without their text{f', {found} hydrated' if found else ''}: "
        f"{len(checked.errors)} mistakes"
    )
    return 1 if checked.errors else 0


def hydrate(config: Config, paths: Sequence[Path]) -> None:
    """Find the missing texts of labelled passages in the user's files."""
    labels = labels_of(config)
    checked = checking.labels(
        texts=labels.texts,
        annotations=labels.annotations,
        coders=labels.coders,
        codebook=labels.codebook,
    )
    store.raise_if_any(checked.errors)
    known = set(hydration.read(labels.hydrated)["passage_id"])
    wanted = checked.without_text - known
    texts = hydration.found(wanted, input_passages(paths, config))
    if texts:
        hydration.keep(labels.hydrated, texts)
    say(
        f"{labels.hydrated}: {len(texts)} texts found, {len(checked.without_text & known)} were "
        f"already there, {len(wanted) - len(texts)} are still missing; git ignores this folder"
    )


def stats(config: Config, sheet: Path | None) -> None:
    """Print tables of the labels, or write them into the generated part of a datasheet."""
    labels = labels_of(config)
    text = statistics.render(
        statistics.tables(
            store.read_texts(labels.texts),
            labels.answers(),
            labels.codebook,
            coders.read(labels.coders),
        )
    )
    if sheet is None:
        say(text)
        return
    files.write_text(sheet, datasheet.filled(sheet, text))
    say(f"{sheet}: the tables are up to date")


def diversity(config: Config) -> None:
    """Print tables on the diversity of the texts."""
    texts = store.read_texts(labels_of(config).texts)
    say(varied.render(varied.tables(texts, similarity=config.segment.family_similarity)))


def export(config: Config, folder: Path) -> None:
    """Export the dataset with the folds of the pipeline's last run."""
    from pipeline.config.run_folder import Tables

    labels = labels_of(config)
    annotations = labels.answers()
    counts = dataset.save(
        folder,
        texts=store.read_texts(labels.texts),
        labels=adjudication.METHODS[config.label.adjudication.value](annotations, labels.codebook),
        folds=files.read_parquet(Tables(config.out).folds),
        codebook=labels.codebook,
        coders=coders.read(labels.coders),
    )
    listed = ", ".join(f"{n} {fold}" for fold, n in counts.items())
    say(f"{folder}: {listed}; load it with datasets.load_from_disk")
