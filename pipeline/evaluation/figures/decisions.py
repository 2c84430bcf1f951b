"""Figures about decisions: the cost of thresholds, accuracy by confidence, and the errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipeline.evaluation.figures.panels import BLUE, INK, MUTED, ORANGE, PALETTE, Rows, sheet

if TYPE_CHECKING:
    import altair as alt

_GRID = np.linspace(0.02, 0.98, 97)
# Fewest passages for a meaningful accuracy.
_FEWEST_KEPT = 10


def settled(predictions: pl.DataFrame, code: str) -> pl.DataFrame:
    """A frame's rows that coders found present or absent, with its probability as ``p``."""
    return predictions.filter(
        (pl.col("question") == code) & pl.col("answer").is_in(["present", "absent"])
    ).with_columns(pl.col("probabilities").list.first().alias("p"))


def threshold_in_use(rows: pl.DataFrame) -> float | None:
    """The midpoint between the largest probability decided absent and the smallest decided
    present; None if all decisions are the same."""
    predicted = rows["decision"] == "present"
    if predicted.all() or not predicted.any():
        return None
    below, above = rows.filter(~predicted)["p"].max(), rows.filter(predicted)["p"].min()
    return (float(below) + float(above)) / 2  # type: ignore[arg-type]


def threshold_cost(
    predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
) -> alt.ConcatChart | None:
    """Missed frames and false alarms per 100 passages, at every threshold."""
    import altair as alt

    kinds = ["missed", "false alarm"]
    charts = []
    for code, name in names.items():
        rows = settled(predictions, code)
        truth, p = (rows["answer"] == "present").to_numpy(), rows["p"].to_numpy()
        if not truth.any():
            continue
        predicted = p[None, :] >= _GRID[:, None]
        missed, wrong = (truth & ~predicted).mean(axis=1), (~truth & predicted).mean(axis=1)
        table = [
            {"threshold": float(t), "mistakes": 100 * float(share), "kind": kind}
            for kind, shares in zip(kinds, (missed, wrong), strict=True)
            for t, share in zip(_GRID, shares, strict=True)
        ]
        x = alt.X("threshold:Q", title="Threshold", scale=alt.Scale(domain=[0, 1]))
        lines = alt.Chart(pl.DataFrame(table)).mark_line(strokeWidth=1.8).encode(
            x,
            alt.Y("mistakes:Q", title="Per 100 passages"),
            alt.Color(
                "kind:N", sort=kinds, title="Mistakes",
                scale=alt.Scale(domain=kinds, range=[ORANGE, BLUE]),
            ),
        )  # fmt: skip
        layers = [lines]
        now = threshold_in_use(rows)
        if now is not None:
            rule = alt.Chart(pl.DataFrame([{"threshold": now}]))
            layers.insert(0, rule.mark_rule(color=MUTED, strokeDash=[4, 3]).encode(x))
        title = alt.Title(name, subtitle=f"{int(truth.sum())} present of {len(truth)}")
        charts.append(alt.layer(*layers).properties(width=170, height=150, title=title))
    return sheet(
        charts, metrics, "Errors by threshold",
        "A higher threshold misses more and gives fewer false alarms. Dashed: the one in use.",
    )  # fmt: skip


def coverage_accuracy(
    predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
) -> alt.ConcatChart | None:
    """Accuracy of the most confident answers against the share of answers kept, per frame."""
    import altair as alt

    rows: Rows = []
    for code, name in names.items():
        own = settled(predictions, code)
        if len(own) < _FEWEST_KEPT:
            continue
        p, predicted = own["p"].to_numpy(), (own["decision"] == "present").to_numpy()
        right = (own["decision"] == own["answer"]).to_numpy()
        order = np.argsort(-np.where(predicted, p, 1 - p), kind="stable")
        share_right = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
        kept = np.unique(np.linspace(_FEWEST_KEPT, len(right), 60).astype(int))
        rows += [
            {"frame": name, "coverage": k / len(right), "accuracy": float(share_right[k - 1])}
            for k in kept.tolist()
        ]
    if not rows:
        return None
    order_of = list(dict.fromkeys(row["frame"] for row in rows))
    palette = [*PALETTE, "#5b7a99", "#a3a948"]
    color = alt.Color(
        "frame:N", sort=order_of, title=None,
        scale=alt.Scale(
            domain=order_of,
            range=[palette[i % len(palette)] for i in range(len(order_of))],
        ),
    )  # fmt: skip
    percent = alt.Axis(format="%")
    chart = (
        alt.Chart(pl.DataFrame(rows))
        .mark_line(strokeWidth=1.8)
        .encode(
            alt.X("coverage:Q", title="Answers kept, most confident first", axis=percent),
            alt.Y("accuracy:Q", title="Accuracy", axis=percent, scale=alt.Scale(zero=False)),
            color,
        )
        .properties(width=460, height=300)
    )
    return sheet(
        [alt.layer(chart)], metrics, "Accuracy when uncertain passages are left to coders",
        "Present or absent only. Confidence: the probability of the model's decision.",
    )  # fmt: skip


def errors_ranked(
    predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
) -> alt.ConcatChart | None:
    """Every error of a frame, most confident first, coloured by the share of coders who said
    present."""
    import altair as alt

    charts = []
    for code, name in names.items():
        wrong = settled(predictions, code).filter(pl.col("decision") != pl.col("answer"))
        if wrong.is_empty():
            continue
        predicted = pl.col("decision") == "present"
        table = wrong.select(
            confidence=pl.when(predicted).then(pl.col("p")).otherwise(1 - pl.col("p")),
            kind=pl.when(predicted).then(pl.lit("false alarm")).otherwise(pl.lit("missed")),
            coders=pl.col("soft").list.first(),
        ).sort("confidence", descending=True)
        table = table.with_columns(rank=pl.int_range(1, pl.len() + 1))
        base = alt.Chart(table).encode(
            alt.X("rank:Q", title="Errors, most confident first", axis=alt.Axis(tickMinStep=1)),
            alt.Y("confidence:Q", title="Confidence", scale=alt.Scale(domain=[0, 1])),
        )
        dots = base.mark_point(filled=True, size=55, opacity=0.9).encode(
            color=alt.Color(
                "coders:Q", title="Coders: present", scale=alt.Scale(
                    domain=[0, 0.5, 1], range=[BLUE, "#d9d3c0", ORANGE], interpolate="rgb"
                ), legend=alt.Legend(format="%", values=[0, 0.5, 1]),
            ),
            shape=alt.Shape(
                "kind:N", title="Error", sort=["missed", "false alarm"],
                scale=alt.Scale(
                    domain=["missed", "false alarm"], range=["triangle-down", "circle"]
                ),
            ),
        )  # fmt: skip
        count = f"{len(table)} errors of {len(settled(predictions, code))}"
        charts.append(
            alt.layer(dots).properties(
                width=170, height=140, title=alt.Title(name, subtitle=count, color=INK)
            )
        )
    return sheet(
        charts, metrics, "Errors by confidence",
        "Colour: the share of coders who found the frame (borderline half); near 50% the coders "
        "disagree. The texts are in mistakes.html.",
    )  # fmt: skip
