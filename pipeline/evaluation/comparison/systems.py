"""What is compared: results read back from disk, one a system or one a seed of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError
from pipeline.evaluation.judged import Judged, judged
from pipeline.io import files
from pipeline.models.predictions import Predictions
from pipeline.tables import Slices

# The digest of a file of folds, as MLflow holds it of a logged result.
DIGEST_LENGTH = 32


@dataclass(frozen=True)
class Finished:
    """An evaluated result.

    ``predictions`` are sorted by passage and question. ``folds`` is the digest of the file of
    folds, None for coded files from outside the folds. ``texts`` holds what is at hand of the
    passages, by ``passage_id``; ``slices`` is the table of their parts, empty where there is none.
    """

    name: str
    codebook: Codebook
    domain: str
    predictions: pl.DataFrame
    folds: str | None
    texts: dict[str, str] = field(default_factory=dict)
    slices: pl.DataFrame = field(default_factory=Slices.create_empty)

    @property
    def passage_ids(self) -> list[str]:
        """Sorted, as are the rows of :meth:`judged`."""
        return self.predictions["passage_id"].unique().sort().to_list()

    def judged(self) -> Judged:
        """The predictions as arrays, passages in the order of their ids."""
        questions = [question.name for question in self.codebook.questions]
        rows = self.predictions.unique("passage_id", keep="first", maintain_order=True).select(
            "passage_id", "language", "family"
        )
        row_of = {key: row for row, key in enumerate(rows["passage_id"])}
        number = {name: i for i, name in enumerate(questions)}
        columns = [self.codebook.columns_of(q) for q in self.codebook.questions]
        probabilities = np.zeros((len(rows), len(self.codebook.outputs)), np.float32)
        decisions = np.full((len(rows), len(questions)), "absent", object)
        answers = np.full((len(rows), len(questions)), "", object)
        for key, name, found, decision, answer in self.predictions.select(
            "passage_id", "question", "probabilities", "decision", "answer"
        ).iter_rows():
            row, i = row_of[key], number[name]
            probabilities[row, columns[i]] = found
            decisions[row, i], answers[row, i] = decision, answer
        unused = np.zeros_like(probabilities)
        coded = LabeledPassages(rows, unused, unused.astype(np.bool_), answers)
        return judged(Predictions(probabilities, decisions), coded, self.codebook)


@dataclass(frozen=True)
class System:
    """One result, or the results of one setting under several seeds."""

    name: str
    results: tuple[Finished, ...]


def named(word: str) -> tuple[str, list[str]]:
    """``A=runs/1,runs/2`` → its name and members; a word without a name is its own, with one."""
    name, sign, members = word.partition("=")
    if not sign or Path(word).exists():
        return word, [word]
    found = [member.strip() for member in members.split(",") if member.strip()]
    if not name or not found:
        raise InputError(f"{word}: a set of seeds is written NAME=RUN,RUN…")
    repeated = {member for member in found if found.count(member) > 1}
    if repeated:
        raise InputError(f"{name}: {sorted(repeated)[0]} stands twice; each seed counts once")
    return name, found


def read(
    folder: Path, name: str, *, codebook_path: Path | None = None, folds: str | None = None
) -> Finished:
    """The result in a folder such as ``build`` or ``runs/<id>``, or in one that was downloaded.

    ``codebook_path`` serves results that hold no model (a coded file judged with ``-o``); ``folds``
    those that come without their file of folds. Raises InputError naming the file that is missing.
    """
    predictions, metrics = folder / "predictions.parquet", folder / "metrics.json"
    for path in (predictions, metrics):
        if not path.is_file():
            raise InputError(f"{name}: {path} is missing; `rhetoric train` and `evaluate` make it")
    figures = files.read_json(metrics)
    codebook = _codebook(folder, name, codebook_path, str(figures["codebook_version"]))
    table = files.read_parquet(predictions).sort("passage_id", "question")
    unknown = set(table["question"]) - {q.name for q in codebook.questions}
    if unknown:
        raise InputError(f"{name}: its predictions answer {min(unknown)}, not in its codebook")
    at = folder / "folds.parquet"
    digest = hashlib.sha256(at.read_bytes()).hexdigest()[:DIGEST_LENGTH] if at.is_file() else folds
    parts = folder / "slices.parquet"
    slices = files.read_parquet(parts) if parts.is_file() else Slices.create_empty()
    return Finished(name, codebook, str(figures["domain"]), table, digest, _texts(folder), slices)


def refuse_incomparable(first: System, other: System) -> None:
    """Raise InputError naming both results where they were not judged on the same rows.

    Train and dev may differ, as they do from seed to seed: every split keeps what is like the test
    out of training, so results on the same test passages tell which setting is better.
    :func:`same_folds` says whether they do.
    """
    if first.name == other.name:
        raise InputError(f"{first.name}: stands twice; give each set of seeds a name of its own")
    if len(first.results) != len(other.results):
        raise InputError(
            f"{first.name} has {_results(first)} and {other.name} {_results(other)}; "
            "seeds are compared in pairs, so give both as many"
        )
    for mine, theirs in zip(in_order(first), in_order(other), strict=True):
        _refuse(in_order(first)[0], mine)  # the seeds of one system have to agree too
        _refuse(mine, theirs)


def same_folds(first: System, other: System) -> bool:
    """Whether both learnt from the same passages, seed by seed."""
    pairs = zip(in_order(first), in_order(other), strict=True)
    return all(mine.folds == theirs.folds for mine, theirs in pairs)


def in_order(system: System) -> tuple[Finished, ...]:
    """The results so that those of two systems on the same folds stand at the same place."""
    return tuple(sorted(system.results, key=lambda result: result.folds or ""))


def _refuse(mine: Finished, theirs: Finished) -> None:
    both = f"{mine.name} and {theirs.name}"
    if mine.codebook.digest != theirs.codebook.digest:
        versions = f"versions {mine.codebook.version} and {theirs.codebook.version}"
        raise InputError(f"{both}: made under different codebooks ({versions}, not the same file)")
    if mine.domain != theirs.domain:
        raise InputError(f"{both}: judged on different passages, {mine.domain} and {theirs.domain}")
    ours, others = (set(x.predictions["passage_id"]) for x in (mine, theirs))
    if ours != others:
        raise InputError(
            f"{both}: judged on different test folds: {len(ours - others)} passages only in the "
            f"first, {len(others - ours)} only in the second, {len(ours & others)} in both; "
            "train both with the same labels and labels/test_passages.txt"
        )
    families = ["passage_id", "question", "family"]
    if not mine.predictions.select(families).equals(theirs.predictions.select(families)):
        raise InputError(f"{both}: near-duplicates of the test passages are told differently")
    keys = ["passage_id", "question", "answer"]
    if not mine.predictions.select(keys).equals(theirs.predictions.select(keys)):
        raise InputError(f"{both}: the coders' answers on the test passages differ; evaluate again")


def _results(system: System) -> str:
    return f"{len(system.results)} result" + ("" if len(system.results) == 1 else "s")


def _codebook(folder: Path, name: str, other: Path | None, version: str) -> Codebook:
    for path in (folder / "model" / "codebook.yaml", folder / "codebook.yaml"):
        if path.is_file():
            return codebooks.load(path)
    if other is not None and (found := codebooks.load(other)).version == version:
        return found
    raise InputError(
        f"{name}: holds no codebook.yaml; it was judged under version {version}: "
        "say which file that is with codebook=FILE"
    )


def _texts(folder: Path) -> dict[str, str]:
    """All passages where the table is there, else those of the mistakes."""
    paragraphs, mistakes = folder / "paragraphs.parquet", folder / "mistakes.jsonl"
    if paragraphs.is_file():
        return dict(files.read_parquet(paragraphs).select("passage_id", "text").iter_rows())
    if not mistakes.is_file():
        return {}
    lines = mistakes.read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line.strip()]
    return {str(row["passage_id"]): str(row["text"]) for row in rows}
