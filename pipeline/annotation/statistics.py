"""Statistics of the labels as tables: passages, answers, coders and agreement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.annotation import agreement, selection
from pipeline.annotation.adjudication import CONTESTED, majority
from pipeline.annotation.agreement import Agreement
from pipeline.annotation.coders import Coder
from pipeline.annotation.reliability import NOTHING
from pipeline.codebook import STANCES, Codebook
from pipeline.io import markdown

TITLES = {
    "overview": "Overview",
    "frames": "Frames",
    "targets": "Stance targets",
    "languages": "Languages",
    "voices": "Voices",
    "genres": "Genres",
    "coders": "Coders",
}


def tables(
    texts: pl.DataFrame,
    annotations: pl.DataFrame,
    codebook: Codebook,
    coders: Mapping[str, Coder],
) -> dict[str, pl.DataFrame]:
    """The tables of ``rhetoric labels stats`` by the keys of ``TITLES``.

    ``texts`` are from ``store.read_texts``, ``annotations`` from ``store.read``. Answers are
    majority labels, only of people where people answered. Agreement is that of people if there are
    any: alpha (ordinal for frames, nominal for targets) with its interval, a frame's nominal alpha,
    and Gwet's AC1.
    """
    people = selection.people_among(coders)
    votes = selection.voting(annotations, people, selection.PEOPLE_FIRST)
    labels = majority(votes, codebook)
    agreed = agreement.measure(selection.of_people_or_all(annotations, people), codebook)
    return {
        "overview": _overview(texts, labels),
        "frames": _answers(labels, agreed, codebook, stance=False),
        "targets": _answers(labels, agreed, codebook, stance=True),
        "languages": _passages_by(texts, labels, "language"),
        "voices": _passages_by(texts, labels, "voice"),
        "genres": _passages_by(texts, labels, "genre"),
        "coders": _coders(annotations, coders),
    }


def render(found: Mapping[str, pl.DataFrame]) -> str:
    """The tables as Markdown."""
    return "\n".join(markdown.section(TITLES[key], frame) for key, frame in found.items())


def _overview(texts: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    coded = labels.group_by("passage_id").agg(
        frames=(pl.col("answer") == "present").sum(),
        borderline=(pl.col("answer") == "borderline").sum(),
        stances=pl.col("answer").is_in(STANCES).sum(),
        contested=(pl.col("answer") == CONTESTED).sum(),
        coders=pl.col("coders").max(),
    )
    nothing = (
        pl.col("frames") + pl.col("borderline") + pl.col("stances") + pl.col("contested")
    ) == 0
    known = pl.col("passage_id").is_in(texts["passage_id"].implode())

    def passages(condition: pl.Expr) -> int:
        return coded.filter(condition).height

    numbers: dict[str, int] = {
        "passages": texts.height,
        "posts": texts["post"].n_unique(),
        "contrast groups": texts["group"].drop_nulls().n_unique(),
        "labelled passages": passages(known),
        "labelled passages without text here": passages(~known),
        "coded by one coder": passages(pl.col("coders") == 1),
        "coded by two": passages(pl.col("coders") == 2),
        "coded by three and more": passages(pl.col("coders") >= 3),
        "without a present frame": passages(pl.col("frames") == 0),
        "without anything at all": passages(nothing),
        "with a contested answer": passages(pl.col("contested") > 0),
        "contested answers": int(coded["contested"].sum()),
    }
    return pl.DataFrame({"what": list(numbers), "number": list(numbers.values())})


def _answers(
    labels: pl.DataFrame, agreed: Agreement, codebook: Codebook, *, stance: bool
) -> pl.DataFrame:
    """One row per question: labels per answer, the share of positive ones, and agreement."""
    shown = (
        [*STANCES, "absent", CONTESTED]
        if stance
        else ["present", "borderline", "absent", CONTESTED]
    )
    positive = list(STANCES) if stance else ["present"]
    by_question = {found.question: found for found in agreed.questions}
    rows = []
    for question in codebook.questions:
        if question.is_stance != stance:
            continue
        answers = labels.filter(question=question.name)["answer"]
        counts = {answer: int((answers == answer).sum()) for answer in shown}
        total = len(answers)
        found = by_question.get(question.name)
        alpha = NOTHING if found is None else found.alpha
        rows.append(
            {
                "question": question.rule.code,
                **counts,
                "share": sum(counts[a] for a in positive) / total if total else None,
                "alpha": alpha.point,
                "low": alpha.low,
                "high": alpha.high,
                "nominal": None if found is None or stance else found.nominal.point,
                "AC1": None if found is None else found.ac1.point,
                "units": 0 if found is None else found.units,
            }
        )
    kinds: dict[str, Any] = {"question": pl.String, **dict.fromkeys(shown, pl.Int64)}
    kinds |= dict.fromkeys(("share", "alpha", "low", "high", "nominal", "AC1"), pl.Float64)
    found_rows = pl.DataFrame(rows, schema=kinds | {"units": pl.Int64})
    return found_rows.drop("nominal") if stance else found_rows


def _passages_by(texts: pl.DataFrame, labels: pl.DataFrame, column: str) -> pl.DataFrame:
    """Numbers of all passages, labelled ones and those with a frame, by a column of the texts."""
    labelled = labels["passage_id"].unique().implode()
    framed = labels.filter(answer="present")["passage_id"].unique().implode()
    return (
        texts.group_by(column)
        .agg(
            passages=pl.len(),
            share=pl.len() / max(texts.height, 1),
            labelled=pl.col("passage_id").is_in(labelled).sum(),
            with_a_frame=pl.col("passage_id").is_in(framed).sum(),
        )
        .sort("passages", column, descending=[True, False])
    )


def _coders(annotations: pl.DataFrame, coders: Mapping[str, Coder]) -> pl.DataFrame:
    kinds = {name: coder.kind for name, coder in coders.items()}
    return (
        annotations.group_by("coder")
        .agg(
            passages=pl.col("passage_id").n_unique(),
            answers=pl.len(),
            cannot_say=(pl.col("answer") == "cannot_say").sum(),
            first=pl.col("coded_at").min().dt.strftime("%Y-%m-%d"),
            last=pl.col("coded_at").max().dt.strftime("%Y-%m-%d"),
        )
        .sort("coder")
        .select(
            "coder",
            pl.col("coder").replace_strict(kinds, default="unknown").alias("kind"),
            pl.exclude("coder"),
        )
    )
