"""Figures of the review as inline SVG in the page's text colour."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import polars as pl
from markupsafe import Markup

from pipeline.annotation.agreement import Agreement
from pipeline.annotation.reliability import RELIABLE, TENTATIVE
from pipeline.annotation.review.pace import Part
from pipeline.codebook import Codebook

_INK = "currentColor"
# Readable on light and on dark backgrounds.
_BLUE, _SHADES = "#3f83c4", ["#3f83c4", "#c4722f", "#4c9a63", "#9a6fb0", "#b09a2e", "#5f7a8a"]


def alphas(agreed: Agreement, codebook: Codebook) -> Markup:
    """A point and an interval per question, with lines at Krippendorff's two thresholds."""
    import altair as alt

    rows = [
        {"question": codebook.question(row.question).rule.display_name, "alpha": row.alpha.point,
         "low": row.alpha.low, "high": row.alpha.high,
         "kind": "Stance" if row.ordinal is None else "Frames"}
        for row in agreed.questions if row.alpha.point is not None
    ]  # fmt: skip
    if not rows:
        return Markup("")
    order = [str(row["question"]) for row in rows]
    shown = [row.alpha for row in agreed.questions]
    least = min([0.4, *(x for a in shown for x in (a.point, a.low) if x is not None)])
    x = alt.Scale(domain=[max(-1.0, least), 1.0], nice=False)
    y = alt.Y("question:N", sort=order, title=None)
    base = alt.Chart(pl.DataFrame(rows))
    lines = (
        alt.Chart(pl.DataFrame({"at": [TENTATIVE, RELIABLE]}))
        .mark_rule(strokeDash=[4, 4], color=_INK, opacity=0.5)
        .encode(x=alt.X("at:Q", scale=x, title="Krippendorff’s alpha"))
    )
    return _svg(
        alt.layer(
            lines,
            base.mark_rule(color=_BLUE, strokeWidth=2.5).encode(
                x=alt.X("low:Q", scale=x), x2="high:Q", y=y
            ),
            base.mark_point(filled=True, color=_BLUE, size=70, opacity=1).encode(
                x=alt.X("alpha:Q", scale=x, title="Krippendorff’s alpha"), y=y
            ),
        ).properties(width=440, height=alt.Step(24))
    )


def over_time(parts: Sequence[Part]) -> Markup:
    """A line per coder: agreement with the others per part."""
    import altair as alt

    if not parts:
        return Markup("")
    rows = pl.DataFrame(
        [{"coder": p.coder, "part": p.number, "alike": p.alike, "low": p.low, "high": p.high}
         for p in parts]
    )  # fmt: skip
    x = alt.X("part:O", title="Part of the coder’s work, in order of time",
              axis=alt.Axis(labelAngle=0))  # fmt: skip
    y = alt.Y("alike:Q", scale=alt.Scale(zero=False), title="Agreement where either marked")
    colour = alt.Color("coder:N", title=None, scale=alt.Scale(range=_SHADES))
    base = alt.Chart(rows)
    return _svg(
        alt.layer(
            base.mark_rule(opacity=0.45).encode(x=x, y="low:Q", y2="high:Q", color=colour),
            base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour),
            base.mark_point(filled=True, size=45, opacity=1).encode(x=x, y=y, color=colour),
        ).properties(width=480, height=220)
    )  # fmt: skip


def _svg(chart: Any) -> Markup:
    """Render without background in the page's text colour; vega escapes all texts."""
    text = io.StringIO()
    # Padding for labels, since the reader's font may be wider than the measured one.
    room = {"left": 30, "top": 4, "right": 8, "bottom": 4}
    ink = {"labelColor": _INK, "titleColor": _INK}
    (
        chart.configure(background="transparent", font="system-ui, sans-serif", padding=room)
        .configure_view(stroke=None)
        .configure_axis(
            **ink, gridColor=_INK, gridOpacity=0.15, domainColor=_INK, tickColor=_INK,
            domainOpacity=0.4, tickOpacity=0.4, labelFontSize=12, titleFontSize=12,
            titleFontWeight="normal", labelLimit=260, tickCount=6,
        )
        .configure_legend(**ink, labelFontSize=12, orient="top")
        .save(text, format="svg")
    )  # fmt: skip
    drawn = re.sub(r"^<\?xml[^>]*>\s*", "", text.getvalue())
    return Markup(drawn.replace("<svg ", '<svg aria-hidden="true" ', 1))
