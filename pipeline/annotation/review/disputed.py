"""The passages with the most disagreement."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import polars as pl

from pipeline.annotation.adjudication import independent
from pipeline.codebook import Codebook

SHOWN = 30


@dataclass(frozen=True)
class Answer:
    coder: str
    answer: str
    evidence: str
    note: str


@dataclass(frozen=True)
class Dispute:
    """A passage and the questions on which coders differ; ``text`` is empty if not available."""

    passage_id: str
    text: str
    before: str
    language: str
    questions: tuple[tuple[str, tuple[Answer, ...]], ...]


def most_disputed(
    annotations: pl.DataFrame, pairs: pl.DataFrame, texts: pl.DataFrame, codebook: Codebook
) -> list[Dispute]:
    """Passages sorted by the number of questions on which coders differ, ties by id."""
    differing: dict[str, set[str]] = defaultdict(set)
    for key, question in (
        pairs.filter(pl.col("one") != pl.col("other"))
        .select("passage_id", "question")
        .iter_rows()
    ):  # fmt: skip
        differing[key].add(question)
    first = sorted(differing, key=lambda key: (-len(differing[key]), key))[:SHOWN]
    given: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for key, question, *answer in (
        independent(annotations)
        .filter(pl.col("passage_id").is_in(first))
        .select("passage_id", "question", "coder", "answer", "evidence", "note")
        .iter_rows()
    ):
        given[key, question].append(Answer(*(part or "" for part in answer)))
    rows = texts.filter(pl.col("passage_id").is_in(first)).iter_rows(named=True)
    text_of = {row["passage_id"]: row for row in rows}
    return [
        Dispute(
            key,
            text_of.get(key, {}).get("text", ""),
            text_of.get(key, {}).get("before", ""),
            text_of.get(key, {}).get("language", ""),
            tuple(
                (question.rule.display_name, tuple(given[key, question.name]))
                for question in codebook.questions
                if question.name in differing[key]
            ),
        )
        for key in first
    ]
