"""Reads ``labels/`` as tables; mistakes raise InputError with their files and lines."""

from __future__ import annotations

import functools
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.annotation import check, staleness
from pipeline.annotation import lines as coded
from pipeline.annotation import texts as passages
from pipeline.annotation.check import Checked, Problem, moment
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.tables import Annotations

SCHEMA = {name: column.dtype for name, column in Annotations.columns().items()}
_SHOWN = 10


def read_texts(folder: Path) -> pl.DataFrame:
    """One row per passage of ``labels/texts``, sorted by ``passage_id``.

    Columns: passage_id text opening before language voice genre group (null if none) post
    position. Raises :class:`InputError` with the first mistakes.
    """
    checked = Checked()
    check.read_texts(folder, checked)
    raise_if_any(checked.errors)
    return passages.frame([checked.texts[key] for key in sorted(checked.texts)])


def read(*, texts: Path, annotations: Path, coders: Path, codebook: Codebook) -> pl.DataFrame:
    """The Annotations table: all current answers of all coders.

    Superseded and void answers are excluded; answers about passages without a text are included.
    Raises :class:`InputError` with the first mistakes, one per line, and the number of others.
    """
    checked = check.labels(texts=texts, annotations=annotations, coders=coders, codebook=codebook)
    raise_if_any(checked.errors)
    return table(checked.lines, codebook)


def raise_if_any(problems: list[Problem]) -> None:
    """Raise :class:`InputError` with the first problems, if there are any."""
    if not problems:
        return
    shown = [str(problem) for problem in problems[:_SHOWN]]
    more = len(problems) - len(shown)
    if more:
        shown.append(f"and {more} more; `rhetoric labels check` shows all")
    raise InputError("\n".join(shown))


def table(lines: dict[str, list[Line]], codebook: Codebook) -> pl.DataFrame:
    """Coder → lines as the Annotations table, sorted by passage, coder and question."""
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMA}
    order: list[int] = []
    number = {question.name: i for i, question in enumerate(codebook.questions)}
    void = functools.cache(lambda version: staleness.void_questions(version, codebook))
    for coder, of_coder in lines.items():
        of_passage: dict[str, list[Line]] = defaultdict(list)
        for line in of_coder:
            of_passage[line.passage_id].append(line)
        for history in of_passage.values():
            shared = {id(line): _shared(line, coder) for line in history}
            for question, standing in coded.current(history, codebook).items():
                line = standing[-1]
                if question in void(line.codebook_version):
                    continue
                order.append(number[question])
                columns["question"].append(question)
                columns["answer"].append(line.answer(question))
                columns["evidence"].append(line.evidence.get(question))
                for name, value in shared[id(line)].items():
                    columns[name].append(value)
    frame = pl.DataFrame(columns, schema=SCHEMA)
    return Annotations.validate(
        frame.with_columns(pl.Series("order", order, pl.Int32))
        .sort("passage_id", "coder", "order")
        .drop("order")
    )


def _shared(line: Line, coder: str) -> dict[str, Any]:
    """The values that all rows of a line share."""
    return {
        "passage_id": line.passage_id,
        "coder": coder,
        "codebook_version": line.codebook_version,
        "coded_at": None if line.coded_at is None else moment(line.coded_at),
        "source": line.source,
        "note": line.note,
        "supersedes": " ".join(line.supersedes) or None,
    }
