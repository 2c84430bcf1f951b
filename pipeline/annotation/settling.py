"""What is open between coders, for the lead to settle."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from pipeline.annotation.adjudication import independent, open_questions
from pipeline.annotation.queue import queue_file
from pipeline.annotation.queue.queue_file import SETTLE, Said, Waiting


def waiting(
    labels: pl.DataFrame, annotations: pl.DataFrame, texts: pl.DataFrame, coder: str
) -> tuple[list[Waiting], int, int]:
    """Contested passages with the coders' answers; how many lack their text; how many questions
    are left out because the lead answered them as one of the coders.

    Passages come with most open questions first, ties by post and position. ``labels`` and
    ``annotations`` are the tables of those names, ``texts`` has ``passage_id text opening before
    language post position``.
    """
    asked = open_questions(labels)
    answers = _by_passage(independent(annotations), asked)
    own = {
        (key, said.question)
        for key, given in answers.items()
        for said in given
        if said.coder == coder and said.question in asked[key]
    }
    kept = {key: [q for q in names if (key, q) not in own] for key, names in asked.items()}
    kept = {key: names for key, names in kept.items() if names}
    at_hand = texts.filter(pl.col("passage_id").is_in(list(kept))).sort("post", "position")
    found = [
        queue_file.waiting(
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


def _by_passage(annotations: pl.DataFrame, asked: Collection[str]) -> dict[str, list[Said]]:
    rows = annotations.filter(pl.col("passage_id").is_in(list(asked))).select(
        "passage_id", "question", "coder", "answer", "evidence", "note"
    )
    found: dict[str, list[Said]] = {}
    for key, *said in rows.iter_rows():
        found.setdefault(key, []).append(Said(*said))
    return found
