"""Adjudicated labels with their texts as coded JSON Lines, the input of ``evaluate``,
``recalibrate`` and ``compare`` (see :mod:`pipeline.datasets.coded_jsonl`)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import polars as pl

from pipeline.codebook import STANCE_PREFIX, Codebook


def lines(labels: pl.DataFrame, texts: pl.DataFrame, codebook: Codebook) -> Iterator[str]:
    """One JSON object per labelled passage with a text, sorted by post and position.

    ``texts`` has ``passage_id text opening before language post position``. Unanswered questions
    are left out; if coders disagree the answer is ``contested``, which evaluation ignores.
    """
    known = [question.name for question in codebook.questions]
    answers: dict[str, dict[str, str]] = {}
    for key, question, answer in labels.select("passage_id", "question", "answer").iter_rows():
        if question in known:
            answers.setdefault(key, {})[question] = answer
    at_hand = texts.filter(pl.col("passage_id").is_in(list(answers))).sort("post", "position")
    for row in at_hand.iter_rows(named=True):
        own = answers[row["passage_id"]]
        given = {
            "id": f"{row['post']}#{row['position']}",
            "language": row["language"] or None,
            "opening": row["opening"] or "",
            "before": row["before"] or "",
            "text": row["text"],
            "frames": {q: a for q, a in own.items() if not q.startswith(STANCE_PREFIX)},
            "stance": {
                q.removeprefix(STANCE_PREFIX): a
                for q, a in own.items()
                if q.startswith(STANCE_PREFIX)
            },
        }
        yield json.dumps({k: v for k, v in given.items() if v is not None}, ensure_ascii=False)
