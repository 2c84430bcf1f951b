"""Renders the review as a single HTML file without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from pipeline.annotation import adjudication, kinds, selection
from pipeline.annotation.agreement import NOMINAL, ORDINAL, measure
from pipeline.annotation.coders import Coder
from pipeline.annotation.review import charts
from pipeline.annotation.review.advice import FEWEST, advice
from pipeline.annotation.review.disputed import most_disputed
from pipeline.annotation.review.pace import BREAK, FAST, drift, pace
from pipeline.annotation.review.pairs import pairs_of_coders, side_by_side
from pipeline.annotation.selection import EVERYTHING, Selection
from pipeline.codebook import Codebook
from pipeline.io import html_page

_TEMPLATES = Path(__file__).parent / "templates"
_PAIRS_SHOWN = 10
_SHADES = 6


def render(
    annotations: pl.DataFrame,
    texts: pl.DataFrame,
    codebook: Codebook,
    coders: Mapping[str, Coder],
    wanted: Selection = EVERYTHING,
    next_steps: Sequence[str] = (),
) -> str:
    """Render the document. ``annotations`` are from ``store.read``; ``texts`` has ``passage_id
    text before language``; passages without a text are shown by their id.

    Only ``wanted`` answers are used, by default those of people if there are any; the comparison of
    kinds uses all answers. ``next_steps`` are commands.
    """
    everything = annotations
    annotations, whose = selection.select(annotations, coders, wanted)
    agreed = measure(annotations, codebook)
    pairs = side_by_side(annotations)
    parts = drift(annotations, pairs)
    labels = adjudication.majority(annotations, codebook)
    style = (_TEMPLATES / "review.css").read_text(encoding="utf-8")
    environment = html_page.environment(_TEMPLATES)
    environment.filters |= {"figure": _figure, "seconds": _seconds}
    environment.globals |= {"shade": _shade}
    return environment.get_template("review.html.j2").render(
        codebook=codebook,
        agreed=agreed,
        whose=whose,
        means={"frames": agreed.mean_alpha(ORDINAL), "targets": agreed.mean_alpha(NOMINAL)},
        kinds=kinds.compare(everything, coders, codebook),
        next_steps=next_steps,
        names={q.name: q.rule.display_name for q in codebook.questions},
        coders=coders,
        lines=_coders(annotations, coders),
        shared=pairs["passage_id"].n_unique(),
        open=sum(len(found) for found in adjudication.open_questions(labels).values()),
        settled=annotations.height - adjudication.independent(annotations).height,
        pairs=pairs_of_coders(annotations, pairs, codebook)[:_PAIRS_SHOWN],
        advice=advice(pairs, agreed, parts, codebook),
        disputed=most_disputed(annotations, pairs, texts, codebook),
        pace=pace(annotations),
        parts=parts,
        fast=FAST,
        fewest=FEWEST,
        pause=BREAK // 60,
        alphas=charts.alphas(agreed, codebook),
        over_time=charts.over_time(parts),
        policy=html_page.policy(style, ""),
        style=Markup(style),
    )


def _coders(annotations: pl.DataFrame, coders: Mapping[str, Coder]) -> list[dict[str, Any]]:
    rows = (
        annotations.group_by("coder")
        .agg(
            passages=pl.col("passage_id").n_unique(),
            answers=pl.len(),
            marked=(~pl.col("answer").is_in(["absent", "cannot_say"])).mean(),
            cannot_say=(pl.col("answer") == "cannot_say").sum(),
        )
        .sort("coder")
        .rows(named=True)
    )
    words = {name: coder.kind.replace("_", " ") for name, coder in coders.items()}
    return [row | {"kind": words.get(row["coder"], "not in coders.yaml")} for row in rows]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f} s" if value < 90 else f"{value / 60:.1f} min"


def _shade(count: int, most: int) -> int:
    """Shade from 0 (none) to 5."""
    return 0 if not count or not most else 1 + min(_SHADES - 2, int(count / most * (_SHADES - 1)))
