"""The passages of a scores folder, with their context reconstructed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.codebook import Codebook
from pipeline.datasets.passages import PASSAGE
from pipeline.scoring.record import read_record
from pipeline.scoring.scores_folder import open_folder
from pipeline.text.passage_id import BEFORE_LENGTH, OPENING_LENGTH, passage_id


@dataclass(frozen=True)
class Scored:
    """Passages of a scores folder, sorted by id, each once.

    ``probability`` has ``passage_id`` and one column per question: the probability of a frame, or
    of the decided stance. ``without_context`` counts passages left out for want of context.
    """

    passages: pl.DataFrame
    probability: pl.DataFrame
    without_context: int


def scored_passages(folder: Path, codebook: Codebook, corpus: pl.DataFrame | None) -> Scored:
    """The passages of a folder written by ``rhetoric score``.

    Scores have no context. It is reconstructed from the paragraphs of the same post and checked
    against the passage's id; if that fails, it is looked up in ``corpus``.
    """
    own = read_record(folder).codebook
    table = open_folder(folder, own).scores.collect().sort("post_id", "position")
    table = table.with_columns(_contexts(table))
    known = table.filter(pl.col("opening").is_not_null())
    unknown = table.filter(pl.col("opening").is_null())
    columns = [*PASSAGE, *(column for column, _ in _columns(codebook, own))]
    found = [known.rename({"post_id": "post"}).select(columns)]
    if corpus is not None and unknown.height:
        answers = unknown.select("passage_id", *columns[len(PASSAGE) :])
        found.append(corpus.join(answers, "passage_id", "inner").select(columns))
    rows = pl.concat(found, how="vertical_relaxed")
    rows = rows.sort("passage_id", "post", "position").unique(
        "passage_id", keep="first", maintain_order=True
    )
    asked = {name: column for column, name in _columns(codebook, own)}
    return Scored(
        rows.select(PASSAGE),
        rows.select(
            "passage_id",
            *(
                pl.col(asked[q.name]).cast(pl.Float64).alias(q.name)
                if q.name in asked
                else pl.lit(0.0).alias(q.name)
                for q in codebook.questions
            ),
        ),
        table["passage_id"].n_unique() - rows.height,
    )


def _columns(codebook: Codebook, own: Codebook) -> list[tuple[str, str]]:
    """Score column and name of each question in both codebooks."""
    there = {question.name for question in own.questions}
    return [
        (f"stance_{q.rule.code}_p" if q.is_stance else f"{q.rule.code}_p", q.name)
        for q in codebook.questions
        if q.name in there
    ]


def _contexts(table: pl.DataFrame) -> list[pl.Series]:
    """``opening`` and ``before`` of rows sorted by post; null if no earlier paragraph of the post
    as context gives the passage's id (for a list item, the line that introduces the list)."""
    found: list[tuple[str | None, str | None]] = []
    post, earlier = None, list[str]()
    for post_id, key, text in table.select("post_id", "passage_id", "text").iter_rows():
        if post_id != post:
            post, earlier = post_id, []
        opening = earlier[0][:OPENING_LENGTH] if earlier else ""
        befores = ["", *(above[:BEFORE_LENGTH] for above in reversed(earlier[1:]))]
        if len(befores) > 1:
            befores[:2] = befores[1::-1]  # usually it is the paragraph just above
        fitting = (before for before in befores if passage_id(text, opening, before) == key)
        before = next(fitting, None)
        found.append((None if before is None else opening, before))
        earlier.append(text)
    openings, befores_found = [o for o, _ in found], [b for _, b in found]
    return [
        pl.Series("opening", openings, pl.String),
        pl.Series("before", befores_found, pl.String),
    ]
