"""Systems to compare: results read from disk, one per system or one per seed."""

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
from pipeline.evaluation.resampling import IN_DOMAIN, with_components
from pipeline.io import files
from pipeline.models.predictions import Predictions
from pipeline.tables import Slices

# Length of the digest of a folds file, as stored in MLflow with a logged result.
DIGEST_LENGTH = 32


@dataclass(frozen=True)
class Finished:
    """An evaluated result.

    ``predictions`` are sorted by passage and question. ``folds`` is the digest of the folds file,
    None for coded files from outside the folds. ``texts`` maps ``passage_id`` to the available
    texts. ``slices`` is the table of parts, empty if there is none.
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
        """The passage ids, sorted; the rows of :meth:`judged` have this order."""
        return self.predictions["passage_id"].unique().sort().to_list()

    def judged(self) -> Judged:
        """The predictions as arrays, with passages sorted by id."""
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
    """Parse ``A=runs/1,runs/2`` into name and members; without ``=`` the word is both the name and
    the only member."""
    name, sign, members = word.partition("=")
    if not sign or Path(word).exists():
        return word, [word]
    found = [member.strip() for member in members.split(",") if member.strip()]
    if not name or not found:
        raise InputError(f"{word}: write a set of seeds as NAME=RUN,RUN…")
    repeated = {member for member in found if found.count(member) > 1}
    if repeated:
        raise InputError(f"{name}: {sorted(repeated)[0]} appears twice; list each seed once")
    return name, found


def read(
    folder: Path, name: str, *, codebook_path: Path | None = None, folds: str | None = None
) -> Finished:
    """Read the result in a folder such as ``build`` or ``runs/<id>``, or a downloaded one.

    ``codebook_path`` is for results without a model (a coded file evaluated with ``-o``), ``folds``
    for results without their folds file. Raises InputError naming the missing file.
    """
    predictions, metrics = folder / "predictions.parquet", folder / "metrics.json"
    for path in (predictions, metrics):
        if not path.is_file():
            raise InputError(
                f"{name}: {path} is missing; `rhetoric train` and `evaluate` create it"
            )
    figures = files.read_json(metrics)
    codebook = _codebook(folder, name, codebook_path, str(figures["codebook_version"]))
    table = files.read_parquet(predictions).sort("passage_id", "question")
    unknown = set(table["question"]) - {q.name for q in codebook.questions}
    if unknown:
        raise InputError(
            f"{name}: its predictions answer {min(unknown)}, which is not in its codebook"
        )
    at = folder / "folds.parquet"
    domain = str(figures["domain"])
    if at.is_file() and domain == IN_DOMAIN:
        # Results evaluated before components were resampled have families here.
        table = with_components(table, files.read_parquet(at).filter(fold="test"))
    digest = hashlib.sha256(at.read_bytes()).hexdigest()[:DIGEST_LENGTH] if at.is_file() else folds
    parts = folder / "slices.parquet"
    slices = files.read_parquet(parts) if parts.is_file() else Slices.create_empty()
    return Finished(name, codebook, domain, table, digest, _texts(folder), slices)


def check_comparable(first: System, other: System) -> None:
    """Raise InputError naming both results if they were not evaluated on the same rows.

    Train and dev may differ, as they do between seeds: every split keeps near-duplicates of the
    test out of training, so results on the same test passages show which setting is better.
    :func:`same_folds` checks whether train and dev are the same.
    """
    if first.name == other.name:
        raise InputError(f"{first.name}: appears twice; give each set of seeds its own name")
    if len(first.results) != len(other.results):
        raise InputError(
            f"{first.name} has {_results(first)} and {other.name} {_results(other)}; "
            "seeds are compared in pairs, so give both the same number"
        )
    for mine, theirs in zip(sorted_by_folds(first), sorted_by_folds(other), strict=True):
        _refuse(sorted_by_folds(first)[0], mine)  # the seeds of one system must be comparable too
        _refuse(mine, theirs)


def same_folds(first: System, other: System) -> bool:
    """Whether both were trained on the same passages, seed by seed."""
    pairs = zip(sorted_by_folds(first), sorted_by_folds(other), strict=True)
    return all(mine.folds == theirs.folds for mine, theirs in pairs)


def sorted_by_folds(system: System) -> tuple[Finished, ...]:
    """The results sorted by folds, so that results of two systems on the same folds are paired."""
    return tuple(sorted(system.results, key=lambda result: result.folds or ""))


def _refuse(mine: Finished, theirs: Finished) -> None:
    both = f"{mine.name} and {theirs.name}"
    if mine.codebook.digest != theirs.codebook.digest:
        versions = f"versions {mine.codebook.version} and {theirs.codebook.version}"
        raise InputError(f"{both}: made under different codebooks ({versions}, not the same file)")
    if mine.domain != theirs.domain:
        raise InputError(
            f"{both}: evaluated on different passages, {mine.domain} and {theirs.domain}"
        )
    ours, others = (set(x.predictions["passage_id"]) for x in (mine, theirs))
    if ours != others:
        raise InputError(
            f"{both}: evaluated on different test folds: {len(ours - others)} passages only in the "
            f"first, {len(others - ours)} only in the second, {len(ours & others)} in both; "
            "train both with the same labels and labels/test_passages.txt"
        )
    families = ["passage_id", "question", "family"]
    if not mine.predictions.select(families).equals(theirs.predictions.select(families)):
        raise InputError(f"{both}: the near-duplicates and posts among the test passages differ")
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
        f"{name}: has no codebook.yaml; it was evaluated under version {version}: "
        "name that file with codebook=FILE"
    )


def _texts(folder: Path) -> dict[str, str]:
    """The texts of all passages if their table exists, else those of the mistakes."""
    paragraphs, mistakes = folder / "paragraphs.parquet", folder / "mistakes.jsonl"
    if paragraphs.is_file():
        return dict(files.read_parquet(paragraphs).select("passage_id", "text").iter_rows())
    if not mistakes.is_file():
        return {}
    lines = mistakes.read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line.strip()]
    return {str(row["passage_id"]): str(row["text"]) for row in rows}
