"""Panels, and the sheet that combines them into a figure."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from pipeline.evaluation.metrics import Float, reliability

if TYPE_CHECKING:
    import altair as alt

Panel: TypeAlias = "alt.LayerChart | alt.FacetChart"
Rows = list[dict[str, Any]]

INK, MUTED, BLUE, ORANGE = "#1f2933", "#7b8794", "#2f6db5", "#c8553d"
PALETTE = [INK, BLUE, ORANGE, "#3a7d44", "#8e6c8a", "#b8860b"]
_SHADES = ["#eef3f9", "#2f6db5"]
_COLUMNS = 4  # small multiples in a row


def matrix(
    cells: pl.DataFrame, answers: list[str], decisions: list[str], name: str, cell: tuple[int, int]
) -> Panel:
    import altair as alt

    rows: Rows = []
    for answer in answers:
        said = cells.filter(pl.col("answer") == answer)["decision"]
        for decision in decisions:
            count = int((said == decision).sum())
            share = count / len(said) if len(said) else 0.0
            rows.append({"coders": answer, "model": decision, "count": count, "share": share})
    plain = alt.Axis(labelAngle=0, orient="top", domain=False, ticks=False)
    base = alt.Chart(pl.DataFrame(rows)).encode(
        alt.X("model:N", sort=decisions, title="Model", axis=plain),
        alt.Y("coders:N", sort=answers, title="Coders", axis=alt.Axis(domain=False, ticks=False)),
    )
    shade = alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=_SHADES), legend=None)
    ink = alt.condition("datum.share > 0.6", alt.value("white"), alt.value(INK))
    number = alt.Text("count:Q", format=",")
    return alt.layer(
        base.mark_rect(stroke="white").encode(shade),
        base.mark_text(fontSize=12).encode(number, color=ink),
    ).properties(
        width=cell[0] * len(decisions),
        height=cell[1] * len(answers),
        title=alt.Title(name),
    )


def reliability_panel(name: str, error: float | None, truth: Float, probability: Float) -> Panel:
    import altair as alt

    rows = [
        {"said": float(said), "true": float(true), "answers": int(count)}
        for said, true, count in reliability(truth, probability)
    ]
    unit = alt.Scale(domain=[0, 1])
    x = alt.X("said:Q", title="Mean probability", scale=unit)
    y = alt.Y("true:Q", title="Share found by coders", scale=unit)
    diagonal = alt.Chart(pl.DataFrame([{"said": 0, "true": 0}, {"said": 1, "true": 1}]))
    base = alt.Chart(pl.DataFrame(rows))
    size = alt.Size("answers:Q", title="Answers", scale=alt.Scale(type="log", range=[30, 400]))
    error_text = "" if error is None else f"calibration error {error:.3f}"
    return alt.layer(
        diagonal.mark_line(color=MUTED, strokeDash=[4, 3]).encode(x, y),
        base.mark_line(color=BLUE, strokeWidth=1.5).encode(x, y),
        base.mark_point(filled=True, color=BLUE, opacity=0.9).encode(x, y, size),
    ).properties(width=260, height=260, title=alt.Title(name, subtitle=error_text))


def sheet(
    charts: Sequence[Panel], metrics: dict[str, Any], title: str, subtitle: str
) -> alt.ConcatChart | None:
    """The charts side by side, under a title that names the domain; None without charts."""
    import altair as alt

    if not charts:
        return None
    heading = alt.Title(
        f"{title} ({metrics['domain']})",
        subtitle=subtitle,
        anchor="start",
        fontSize=16,
        subtitleFontSize=12,
        subtitleColor=MUTED,
        color=INK,
        offset=16,
    )
    finished: alt.ConcatChart = (
        alt.concat(*charts, columns=_COLUMNS, title=heading, spacing=24)
        .configure(font="DejaVu Sans, Arial, sans-serif", padding=16, background="white")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=INK,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
            gridColor="#e4e7eb",
            domainColor=MUTED,
            tickColor=MUTED,
            tickCount=5,
        )
        .configure_title(fontSize=13, subtitleFontSize=11, color=INK, subtitleColor=MUTED)
        .configure_legend(labelFontSize=11, titleFontSize=11, titleFontWeight="normal")
    )
    return finished


def rendered(chart: alt.ConcatChart, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "svg":
        text = io.StringIO()
        chart.save(text, format="svg")
        return text.getvalue().encode("utf-8")
    chart.save(out, format="png", scale_factor=2)
    return out.getvalue()
