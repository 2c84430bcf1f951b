"""Contested passages for the lead to settle."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from pipeline.annotation.adjudication import independent, open_questions
from pipeline.annotation.queue import queue_file
from pipeline.annotation.queue.queue_file import SETTLE, CoderAnswer, QueueItem


def contested_items(
    labels: pl.DataFrame, annotations: pl.DataFrame, texts: pl.DataFrame, coder: str
) -> tuple[list[QueueItem], int, int]:
    """Contested passages with the coders' answers, the number of passages without a text, and the
    number of questions left out because the lead answered them as a coder.

    Passages are sorted by descending number of open questions, then by post and position.
    ``labels`` and ``annotations`` are the tables of those names, ``texts`` has ``passage_id text
    opening before language post position``.
    """
    asked = open_questions(labels)
    answers = _by_passage(independent(annotations), asked)
    own = {
        (key, answer.question)
        for key, given in answers.items()
        for answer in given
        if answer.coder == coder and answer.question in asked[key]
    }
    kept = {key: [q for q in names if (key, q) not in own] for key, names in asked.items()}
    kept = {key: names for key, names in kept.items() if names}
    at_hand = texts.filter(pl.col("passage_id").is_in(list(kept))).sort("post", "position")
    found = [
        queue_file.queue_item(
            row,
            SETTLE,
            asked=tuple(kept[key]),
            said=tuple(x for x in answers[key] if x.question in kept[key]),
        )
        for row in at_hand.iter_rows(named=True)
        if (key := row["passage_id"])
    ]
    found.sort(key=lambda item: -len(item.asked or ()))
    return found, len(kept) - len(found), len(own)


def _by_passage(annotations: pl.DataFrame, asked: Collection[str]) -> dict[str, list[CoderAnswer]]:
    rows = annotations.filter(pl.col("passage_id").is_in(list(asked))).select(
        "passage_id", "question", "coder", "answer", "evidence", "note"
    )
    found: dict[str, list[CoderAnswer]] = {}
    for key, *answer in rows.iter_rows():
        found.setdefault(key, []).append(CoderAnswer(*answer))
    return found
