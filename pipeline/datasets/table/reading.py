"""Files of labelled rows → passages, answers, and the folds given in the data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from pipeline.codebook import Codebook
from pipeline.datasets.table.cells import (
    answers_of,
    question_columns,
    shares_behind,
    shares_of,
)
from pipeline.datasets.table.layout import Layout, rows_of
from pipeline.errors import InputError
from pipeline.tables import Annotations, Dropped, Labels, Posts
from pipeline.text.passage_id import clean, passage_id

# Precedence of folds for a passage with copies in several.
FOLDS = ("test", "dev", "train", None)
_FOLD_WORDS = {"validation": "dev", "valid": "dev", "val": "dev"}
_SAME_TEXT = "row"


@dataclass(frozen=True)
class LabeledTable:
    """The content of a labelled table.

    Attributes:
        passages: one row per passage: ``passage_id text opening before language`` (null: not
            stated), ``post`` and ``group`` (null: none), ``channel voice source``, ``fold`` (null:
            to be drawn).
        answers: the Annotations table.
        shares: ``passage_id question soft``, as in the Labels table, where the rows state shares
            of coders; the mean over the rows of a passage.
        notes: notes for the researcher, one sentence each.
    """

    passages: pl.DataFrame
    answers: pl.DataFrame
    shares: pl.DataFrame
    notes: tuple[str, ...]
    frozen_test: ClassVar[Path | None] = None

    def texts(self) -> pl.DataFrame:
        return self.passages

    def annotations(self, codebook: Codebook) -> pl.DataFrame:
        """The Annotations table, with the codebook that the table was read with."""
        return self.answers

    def people(self) -> Sequence[str]:
        return ()

    def with_shares(self, labels: pl.DataFrame) -> pl.DataFrame:
        """The Labels table with the shares that the table states in place of the computed ones."""
        stated = self.shares.rename({"soft": "stated"})
        joined = labels.join(stated, ["passage_id", "question"], "left", maintain_order="left")
        return Labels.validate(
            joined.with_columns(soft=pl.coalesce("stated", "soft")).drop("stated")
        )

    def posts(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Each passage as one post, so that none is split or dropped."""
        schema = Posts.create_empty().schema
        given = self.passages.select(
            pl.col("passage_id").alias("post_id"),
            "channel", "text", "opening", "before",
            pl.col("source").alias("source_file"),
            pl.lit(False).alias("published_year_only"),
        )  # fmt: skip
        missing = [pl.lit(None, schema[name]).alias(name) for name in schema if name not in given]
        posts = Posts.validate(given.with_columns(missing).select(list(schema)))
        return posts, Dropped.create_empty()

    def languages(self, paragraphs: pl.DataFrame) -> pl.DataFrame:
        """The paragraphs, with the language stated in the table, else the detected one."""
        stated = self.passages.select("passage_id", pl.col("language").alias("stated"))
        joined = paragraphs.join(stated, "passage_id", "left", maintain_order="left")
        return joined.with_columns(language=pl.coalesce("stated", "language")).drop("stated")


@dataclass(frozen=True)
class _Row:
    where: str
    passage: dict[str, Any]
    answers: dict[str, str]
    shares: dict[str, list[float]]
    coder: str | None


_SCHEMA = dict.fromkeys(
    (
        *("passage_id", "text", "opening", "before", "language", "post", "group"),
        *("channel", "voice", "source", "fold"),
    ),
    pl.String,
)


def read(
    files: Mapping[str | None, Sequence[Path]], layout: Layout, codebook: Codebook
) -> LabeledTable:
    """Read every file; ``files`` maps a fold to its files, and None to files with a fold per row.

    A text in several folds is assigned to the first of test, dev, train, so that a model is never
    trained on test texts. Within a fold, rows with the same text count as several coders. Raises
    InputError naming file and row.
    """
    rows: list[_Row] = []
    for fold, paths in files.items():
        for path in paths:
            rows += _rows(path, fold, layout, codebook)
    if not any(row.answers for row in rows):
        known = ", ".join(question.name for question in codebook.questions)
        shown = ", ".join(str(path) for paths in files.values() for path in paths)
        raise InputError(
            f"{shown}: no row answers a question of the codebook; the table needs one column per "
            f"question or one column that lists labels, and the questions are {known}"
        )
    of_passage: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        of_passage[row.passage["passage_id"]].append(row)
    kept = {key: _first_fold(found) for key, found in sorted(of_passage.items())}
    return LabeledTable(
        passages=pl.DataFrame([found[0].passage for found in kept.values()], schema=_SCHEMA),
        answers=_annotations(kept, codebook),
        shares=_shares(kept, codebook),
        notes=tuple(_notes(of_passage, kept, codebook)),
    )


def _rows(path: Path, fold: str | None, layout: Layout, codebook: Codebook) -> list[_Row]:
    found: list[_Row] = []
    bound: dict[str, str] | None = None
    own: dict[str, str] = {}
    table = list(rows_of(path, layout.header))
    names = list(dict.fromkeys(name for _, row in table for name in row))
    for number, row in table:
        if bound is None:
            bound, own = layout.bind(path, names), question_columns(names, codebook)
        where = f"{path}: row {number}"
        try:
            passage = _passage(row, bound, fold, layout) | {"source": path.name}
            answers = answers_of(row, own, bound, codebook, layout)
            shares = shares_of(row, own, bound, codebook, layout)
        except ValueError as error:
            raise InputError(f"{where}: {error}") from error
        found.append(_Row(where, passage, answers, shares, _word(row, bound, "coder")))
    if not found:
        raise InputError(f"{path}: the table has no rows")
    return found


def _passage(
    row: Mapping[str, Any], bound: Mapping[str, str], fold: str | None, layout: Layout
) -> dict[str, Any]:
    text = clean(_word(row, bound, "text") or "")
    if not text:
        raise ValueError("the text is empty")
    opening, before = (clean(_word(row, bound, name) or "") for name in ("opening", "before"))
    return {
        "passage_id": passage_id(text, opening, before),
        "text": text,
        "opening": opening,
        "before": before,
        "fold": fold or _fold(_word(row, bound, "fold"), layout.part),
        **{name: _word(row, bound, name) for name in ("language", "post", "group")},
        **{name: _word(row, bound, name) for name in ("channel", "voice")},
    }


def _word(row: Mapping[str, Any], bound: Mapping[str, str], name: str) -> str | None:
    value = row.get(bound[name]) if name in bound else None
    return None if value is None or str(value) == "" else str(value)


def _fold(word: str | None, part: str) -> str | None:
    if word is None:
        return None
    named = _FOLD_WORDS.get(word.casefold(), word.casefold())
    if named in FOLDS:
        return named
    if part:
        return "test" if word == part else "train"
    raise ValueError(
        f"fold {word!r} is not train, dev or test; to cross-validate over such parts, set "
        f"labelled.parts=[{word},…]"
    )


def _first_fold(rows: list[_Row]) -> list[_Row]:
    fold = min((row.passage["fold"] for row in rows), key=FOLDS.index)
    return [row for row in rows if row.passage["fold"] == fold]


def _annotations(kept: Mapping[str, list[_Row]], codebook: Codebook) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {name: [] for name in ("passage_id", "coder", "question")}
    columns["answer"] = []
    for key, rows in kept.items():
        taken: Counter[str] = Counter()
        for row in rows:
            name = row.coder or _SAME_TEXT
            taken[name] += 1
            coder = name if taken[name] == 1 else f"{name} {taken[name]}"
            for question, answer in row.answers.items():
                columns["passage_id"].append(key)
                columns["coder"].append(coder)
                columns["question"].append(question)
                columns["answer"].append(answer)
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    schema = Annotations.create_empty().schema
    whole = frame.with_columns(pl.lit(codebook.version).alias("codebook_version"))
    missing = [pl.lit(None, schema[name]).alias(name) for name in schema if name not in whole]
    return Annotations.validate(whole.with_columns(missing).select(list(schema)))


def _shares(kept: Mapping[str, list[_Row]], codebook: Codebook) -> pl.DataFrame:
    """Per passage and question that some row states shares of, their mean over the rows."""
    columns: dict[str, list[Any]] = {name: [] for name in ("passage_id", "question", "soft")}
    for key, rows in kept.items():
        stated = {name for row in rows for name in row.shares if name in row.answers}
        for name in sorted(stated):
            question = codebook.question(name)
            of_rows = [
                row.shares.get(name) or shares_behind(row.answers[name], question)
                for row in rows
                if name in row.answers
            ]
            counted = [shares for shares in of_rows if shares is not None]
            if counted:
                columns["passage_id"].append(key)
                columns["question"].append(name)
                columns["soft"].append([sum(s) / len(counted) for s in zip(*counted, strict=True)])
    kinds = (pl.String, pl.String, pl.List(pl.Float64))
    return pl.DataFrame(columns, schema=dict(zip(columns, kinds, strict=True)))


def _notes(
    of_passage: Mapping[str, list[_Row]], kept: Mapping[str, list[_Row]], codebook: Codebook
) -> Iterable[str]:
    moved = [rows for key, rows in of_passage.items() if len(rows) > len(kept[key])]
    if moved:
        places = ", ".join(row.where for row in moved[0])
        yield (
            f"texts in more than one fold: {len(moved)}, kept only in test (else dev), "
            f"e.g. {places}"
        )
    asked = {question for rows in kept.values() for row in rows for question in row.answers}
    never = [question.name for question in codebook.questions if question.name not in asked]
    if never:
        yield f"no row answers {', '.join(never)}: not asked"
