"""Warns of what the folds hold too few of to learn or to judge."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.codebook import STANCES, Codebook

# Below this many positives a question is hardly learnt, and its figures are mostly chance.
FEWEST = 10
_MOST_NAMED = 8
_WITHOUT = {
    "dev": "they get the threshold of the others",
    "test": "they are not evaluated",
}


def scarce(folds: pl.DataFrame, labels: pl.DataFrame, codebook: Codebook) -> tuple[str, ...]:
    """One sentence per kind of scarcity: an empty dev or test, and the questions that are asked but
    have no positive answer in dev or test, or few in train.

    ``folds`` is the Folds table, ``labels`` the Labels table. A positive answer is ``present`` or
    any stance; a question without any positive answer at all is named for train only.
    """
    answers = labels.join(folds.select("passage_id", pl.col("fold").cast(pl.String)), "passage_id")
    positive = answers.filter(pl.col("answer").is_in(["present", *STANCES]))
    counts = {(f, q): n for f, q, n in positive.group_by("fold", "question").len().iter_rows()}
    asked = set(answers["question"])
    questions = [q.name for q in codebook.questions if q.name in asked]
    few = [
        f"{name} ({counts.get(('train', name), 0)})"
        for name in questions
        if counts.get(("train", name), 0) < FEWEST
    ]
    notes = [f"fewer than {FEWEST} positive answers in train: {_listed(few)}"] if few else []
    held = set(folds["fold"].cast(pl.String))
    for fold, effect in _WITHOUT.items():
        if fold not in held:
            notes.append(f"no passage is in {fold}; raise split.{fold}_share, or label more")
            continue
        anywhere = {name for _, name in counts}
        without = [q for q in questions if q in anywhere and (fold, q) not in counts]
        if without:
            notes.append(f"no positive answer in {fold}: {_listed(without)}; {effect}")
    return tuple(notes)


def _listed(names: Sequence[str]) -> str:
    some = ", ".join(names[:_MOST_NAMED])
    return f"{some} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else some
