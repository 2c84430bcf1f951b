"""The passages behind a folder of scores, with their context put together again."""

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

    ``probability`` has ``passage_id`` and a column a question: of a frame that it is present, of a
    target that of the stance shown. ``without_context`` passages are not among them.
    """

    passages: pl.DataFrame
    probability: pl.DataFrame
    without_context: int


def of_scores(folder: Path, codebook: Codebook, corpus: pl.DataFrame | None) -> Scored:
    """What ``rhetoric score`` left in a folder.

    Scores have no context: it is put together again from the paragraphs of the same post and
    proved by the passage's id; where that fails it is looked up in ``corpus``.
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
    """Column of the scores and question, of those that both codebooks have."""
    there = {question.name for question in own.questions}
    return [
        (f"stance_{q.rule.code}_p" if q.is_stance else f"{q.rule.code}_p", q.name)
        for q in codebook.questions
        if q.name in there
    ]


def _contexts(table: pl.DataFrame) -> list[pl.Series]:
    """``opening`` and ``before`` of rows that are sorted by post; null where no paragraph of the
    post that stands earlier gives the passage its id (an item of a list has the line above it)."""
    found: list[tuple[str | None, str | None]] = []
    post, earlier = None, list[str]()
    for post_id, key, text in table.select("post_id", "passage_id", "text").iter_rows():
        if post_id != post:
            post, earlier = post_id, []
        opening = earlier[0][:OPENING_LENGTH] if earlier else ""
        befores = ["", *(above[:BEFORE_LENGTH] for above in reversed(earlier[1:]))]
        if len(befores) > 1:
            befores[:2] = befores[1::-1]  # the paragraph just above is by far the likeliest
        fitting = (before for before in befores if passage_id(text, opening, before) == key)
        before = next(fitting, None)
        found.append((None if before is None else opening, before))
        earlier.append(text)
    openings, befores_found = [o for o, _ in found], [b for _, b in found]
    return [
        pl.Series("opening", openings, pl.String),
        pl.Series("before", befores_found, pl.String),
    ]
