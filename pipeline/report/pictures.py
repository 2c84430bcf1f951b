"""Standalone figures, made from the same numbers as the page's tables.

The subtitle of each names channels, dates, number of posts and the model.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from pipeline.codebook import STANCES
from pipeline.report import charts
from pipeline.report.corrected import Correction
from pipeline.report.formatting import fit, short
from pipeline.report.headlines import RARE
from pipeline.report.series import Matrix, Share, StanceRow, TimeSeries
from pipeline.report.wording import Words

if TYPE_CHECKING:
    import altair as alt

Chart: TypeAlias = "alt.LayerChart | alt.FacetChart"
Rows = list[dict[str, Any]]

INK, BLUE, GREY = "#1d2530", "#23609c", "#b9c0c8"
_COLOURS = {"against": "#b8541a", "neutral": GREY, "favour": BLUE}
_NOTE = 150  # maximum characters of a subtitle


def svg(chart: Chart, title: str, note: str) -> str:
    """Render a chart as standalone SVG with a title, and ``note`` as its subtitle."""
    import altair as alt
    import vl_convert

    heading = alt.Title(title, subtitle=short(note, _NOTE), anchor="start", subtitleColor="#56616e")
    whole = (
        chart.properties(title=heading)
        .configure(font="Roboto, Noto Sans, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(labelLimit=260, labelColor=INK, titleColor=INK)
        .configure_header(labelLimit=260, labelColor=INK)
    )
    drawing: str = vl_convert.vegalite_to_svg(json.dumps(whole.to_dict(), allow_nan=False))
    return drawing


def shares(rows: Sequence[Share], words: Words) -> Chart:
    """Per frame: a bar with interval for paragraphs, a tick for posts."""
    import altair as alt

    table = _frame([
        {"name": short(r.name, 40), "share": r.share, "low": r.low, "high": r.high,
         "posts": r.post_share, "end": max(r.high, r.post_share), "label": words.percent(r.share)}
        for r in rows
    ])  # fmt: skip
    base = alt.Chart(table).encode(_names("name"))
    axis = alt.Axis(format="%", tickCount=5)
    title = words("Share of paragraphs (bar) and of posts (line)")
    return alt.layer(
        base.mark_bar(color=BLUE, opacity=0.55, height=12).encode(
            alt.X("share:Q", axis=axis, title=title)
        ),
        base.mark_rule(color=INK).encode(alt.X("low:Q"), alt.X2("high:Q")),
        base.mark_tick(color="#b8541a", thickness=2.5, height=16).encode(alt.X("posts:Q")),
        base.mark_text(align="left", dx=8).encode(alt.X("end:Q"), alt.Text("label:N")),
    ).properties(width=420, height=alt.Step(24))  # fmt: skip


def corrected(correction: Correction, words: Words) -> Chart:
    """Per frame: a grey bar for the share found, a dot with interval for the corrected share."""
    import altair as alt

    rows: Rows = []
    for row in correction.rows:
        own = row.corrected
        rows.append({
            "name": short(row.found.name, 40), "found": row.found.share,
            "share": own and own.share, "low": own and own.low, "high": own and own.high,
        })  # fmt: skip
    base = alt.Chart(_frame(rows)).encode(_names("name"))
    title = words("Found (bar), corrected (dot) with its 95% interval")
    return alt.layer(
        base.mark_bar(color=GREY, height=12).encode(
            alt.X("found:Q", axis=alt.Axis(format="%", tickCount=5), title=title)
        ),
        base.mark_rule(color=BLUE, strokeWidth=2).encode(alt.X("low:Q"), alt.X2("high:Q")),
        base.mark_circle(color=BLUE, size=60, opacity=1).encode(alt.X("share:Q")),
    ).properties(width=420, height=alt.Step(24))


def over_time(series: TimeSeries, words: Words) -> Chart:
    """A panel per frame on a common scale; the band is the 95% interval."""
    import altair as alt

    rows = [
        {"frame": short(name, 44), "period": i, "tick": point.tick, "share": point.share,
         "low": point.low, "high": min(point.high, series.maximum), "firm": point.n >= charts.FEW}
        for name, points in zip(series.names, series.points, strict=True)
        for i, point in enumerate(points) if point.share is not None
    ]  # fmt: skip
    labels = {i: series.points[0][i].tick for i in charts.tick_positions(len(series.periods))}
    axis = alt.Axis(
        values=list(labels), labelExpr=f"{json.dumps(labels)}[datum.value]", title=None, grid=False,
        labelFlush=True,
    )  # fmt: skip
    x = alt.X("period:Q", axis=axis, scale=alt.Scale(domain=[-0.5, len(series.periods) - 0.5]))
    scale = alt.Scale(domain=[0, series.maximum], clamp=True)
    y = alt.Axis(format="%", tickCount=3)
    base = alt.Chart(_frame(rows)).encode(x)
    return (
        alt.layer(
            base.mark_area(color=BLUE, opacity=0.18).encode(
                alt.Y("low:Q", scale=scale, axis=y, title=None), alt.Y2("high:Q")
            ),
            base.mark_line(color=BLUE, strokeWidth=1.6).encode(alt.Y("share:Q", scale=scale)),
            base.mark_point(color=BLUE, size=16, opacity=1).encode(
                alt.Y("share:Q", scale=scale),
                fill=alt.condition("datum.firm", alt.value(BLUE), alt.value("white")),
            ),
        )
        .properties(width=340, height=110)
        .facet(facet=alt.Facet("frame:N", sort=[short(n, 44) for n in series.names], title=None),
               columns=2)
    )  # fmt: skip


def heat(matrix: Matrix, words: Words) -> Chart:
    """A heat table with percentages; rows with few paragraphs are not shaded."""
    import altair as alt

    names = [_numbered(i, name, n, words) for i, (name, n) in
             enumerate(zip(matrix.rows, matrix.sizes, strict=True))]  # fmt: skip
    rows = [
        {"row": name, "column": fit(column), "label": words.percent(value),
         "shade": value if n >= charts.TOO_FEW else 0.0}
        for name, n, values in zip(names, matrix.sizes, matrix.values, strict=True)
        for column, value in zip(matrix.columns, values, strict=True) if value is not None
    ]  # fmt: skip
    columns = [fit(column) for column in matrix.columns]
    top = alt.Axis(orient="top", labelAngle=-35, domain=False, ticks=False)
    base = alt.Chart(_frame(rows)).encode(
        alt.X("column:N", sort=columns, axis=top, title=None), _names("row")
    )
    scale = alt.Scale(domain=[0, matrix.maximum], range=["#f6f8fb", "#173c6b"], clamp=True)
    ink = alt.condition(f"datum.shade > {matrix.maximum * 0.55}", alt.value("white"),
                        alt.value(INK))  # fmt: skip
    return alt.layer(
        base.mark_rect(stroke="white").encode(alt.Color("shade:Q", scale=scale, legend=None)),
        base.mark_text(fontSize=11).encode(alt.Text("label:N"), color=ink),
    ).properties(width=alt.Step(74), height=alt.Step(24))


def stances(rows: Sequence[StanceRow], words: Words) -> Chart:
    """A stacked bar per target: against, neutral, in favour; rare stances are faint."""
    import altair as alt

    named = dict(
        zip(STANCES, (words("against"), words("neutral"), words("in favour")), strict=True)
    )
    table = _frame([
        {"name": f"{short(row.name, 30)} ({words.number(row.total)})", "stance": named[stance],
         "order": place, "share": count / row.total, "label": words.number(count),
         "rare": count < RARE}
        for row in rows if row.total
        for place, (stance, count) in enumerate(zip(STANCES, row.counts, strict=True))
    ])  # fmt: skip
    colours = alt.Scale(domain=list(named.values()), range=[_COLOURS[s] for s in STANCES])
    base = alt.Chart(table).encode(_names("name"))
    bars = base.mark_bar(height=16).encode(
        alt.X("share:Q", axis=alt.Axis(format="%", tickCount=5),
              title=words("Of the paragraphs with a stance on the target")),
        alt.Color("stance:N", scale=colours, title=None, legend=alt.Legend(orient="top")),
        alt.Order("order:Q"),
        opacity=alt.condition("datum.rare", alt.value(0.3), alt.value(1)),
    )  # fmt: skip
    return alt.layer(bars).properties(width=420, height=alt.Step(24))


def _names(column: str) -> alt.Y:
    """A y axis of names in the order of the table."""
    import altair as alt

    plain = alt.Axis(domain=False, ticks=False)
    return alt.Y(f"{column}:N", sort=None, title=None, axis=plain)


def _numbered(place: int, name: str, n: int, words: Words) -> str:
    # Two channels may be truncated to the same name; zero-width spaces keep them distinct.
    return f"{short(name, 36)} ({words.number(n)})" + "\u200b" * (place % 7)


def _frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)
