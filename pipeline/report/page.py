"""The page: one HTML file that needs nothing else, runs only its own script and asks no network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from pipeline.codebook import STANCES, Codebook
from pipeline.io import html_page
from pipeline.report import charts, formatting
from pipeline.report.aggregates import OTHER_CHANNELS, count_columns, pairs
from pipeline.report.cards import Axes, Card, card
from pipeline.report.content import Content
from pipeline.report.corrected import basis
from pipeline.report.periods import UNIT_NAMES, tick_name
from pipeline.report.selection import STRONGEST, TYPICAL
from pipeline.report.series import NAME_LENGTH, shares_maximum

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Gallery:
    """The paragraphs of one frame."""

    number: int
    name: str
    definition: str
    strongest: list[Card]
    typical: list[Card]


@dataclass(frozen=True)
class Forward:
    """Posts of ``channel`` that came from ``source``; ``frames`` is a phrase."""

    channel: str
    channel_number: int
    source: str
    posts: int
    paragraphs: int
    frames: str


def render(content: Content, codebook: Codebook) -> str:
    """The whole document. Everything that strangers wrote goes through autoescaping or JSON."""
    environment = html_page.environment(_TEMPLATES)
    environment.filters |= {
        "number": formatting.number, "percent": formatting.percent, "short": formatting.short,
        "fit": formatting.fit, "language": formatting.language, "day": formatting.day,
    }  # fmt: skip
    environment.globals |= {
        "count": formatting.count,
        "interval": formatting.interval,
        "plural": formatting.plural,
        "shade": charts.shade,
    }
    style, script = (_asset(name) for name in ("page.css", "page.js"))
    axes = _axes(content)
    return environment.get_template("report.html.j2").render(
        content=content,
        totals=content.aggregates.totals,
        effects=content.aggregates.design_effects,
        span=_span(content),
        unit=UNIT_NAMES[content.aggregates.unit],
        policy=html_page.policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=Markup(html_page.data(_data(content, codebook, axes))),
        few=charts.FEW,
        too_few=charts.TOO_FEW,
        panel=charts.PANEL,
        panels=_panels(content),
        maximum=shares_maximum(content.shares),
        basis=basis(content.correction) if content.correction else "",
        axes=axes,
        galleries=_galleries(content, axes),
        forwards=_forwards(content, axes),
        pictures=sum(loss.pieces for loss in content.lost or [] if loss.is_picture),
        stances=STANCES,
    )


def _span(content: Content) -> str:
    """From the first to the last date, as exact as the dates are."""
    totals = content.aggregates.totals
    if totals.first is None or totals.last is None:
        return ""
    say = formatting.year if totals.year_only else formatting.day
    return " – ".join(dict.fromkeys((say(totals.first), say(totals.last))))


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _axes(content: Content) -> Axes:
    cube = content.aggregates.cube
    sizes = cube.group_by("language").agg(pl.col("n").sum())
    sizes = sizes.sort("n", "language", descending=[True, False])
    return Axes(
        content.aggregates.channels,
        sizes["language"].to_list(),
        content.periods,
        year_only=content.aggregates.totals.year_only,
    )


def _data(content: Content, codebook: Codebook, axes: Axes) -> dict[str, Any]:
    """What ``page.js`` filters: the cube's rows as ``channel, period, language, counts…``."""
    codes = list(codebook.frame_codes)
    place = {period: i for i, period in enumerate(axes.periods)}
    channel = {name: i for i, name in enumerate(axes.channels)}
    language = {name: i for i, name in enumerate(axes.languages)}
    counts = content.aggregates.cube.select(count_columns(codebook)).rows()
    keys = content.aggregates.cube.select("channel", "period", "language").rows()
    unit = content.aggregates.unit
    return {
        "few": charts.FEW,
        "tooFew": charts.TOO_FEW,
        "wide": charts.WIDE_STEPS,
        "shades": charts.SHADES,
        "panel": charts.panel_measures(),
        "ends": charts.ROUND_ENDS,
        "each": content.strongest,
        "periods": [
            [name, tick_name(start, unit)]
            for name, start in zip(content.time.periods, axes.periods, strict=True)
        ],
        "channels": [formatting.short(name, NAME_LENGTH) for name in axes.channels],
        "languages": [
            formatting.short(formatting.language(name), NAME_LENGTH) for name in axes.languages
        ],
        "frames": [formatting.fit(share.name) for share in content.shares],
        "effects": [content.aggregates.design_effects[code] for code in codes],
        "pairs": [[codes.index(a), codes.index(b)] for a, b in pairs(codebook)],
        "targets": len(codebook.targets),
        "rows": [
            [channel[c], place.get(p, -1), language[tongue], *row]
            for (c, p, tongue), row in zip(keys, counts, strict=True)
        ],
    }


def _panels(content: Content) -> list[Markup]:
    """The drawing of each frame's panel, the volume first; all their words are escaped."""
    if len(content.time.periods) < 2:
        return []
    maximum = content.time.maximum
    drawings = [charts.volume_panel(content.time.volume)]
    drawings += [charts.time_panel(points, maximum) for points in content.time.points]
    return [Markup(drawing) for drawing in drawings]


def _forwards(content: Content, axes: Axes) -> list[Forward]:
    """The pairs, with the two frames found most often in what was passed on."""
    place = {name: i for i, name in enumerate(axes.channels)}
    other = place.get(OTHER_CHANNELS, -1)
    forwards = []
    for row in content.forwards.iter_rows(named=True):
        found = sorted(
            ((row[share.code], share.name) for share in content.shares if row[share.code]),
            key=lambda pair: -pair[0],
        )
        words = [f"{name} {formatting.percent(n / row['n'])}" for n, name in found[:2]]
        forwards.append(
            Forward(
                row["channel"], place.get(row["channel"], other), row["forwarded_from"],
                row["posts"], row["n"], ", ".join(words) or "none",
            )
        )  # fmt: skip
    return forwards


def _galleries(content: Content, axes: Axes) -> list[Gallery]:
    galleries = []
    for number, share in enumerate(content.shares):
        cards = [card(shown, axes) for shown in content.shown if shown.frame == share.code]
        by_kind = {kind: [c for c in cards if c.kind == kind] for kind in (STRONGEST, TYPICAL)}
        galleries.append(
            Gallery(number, share.name, share.definition, by_kind[STRONGEST], by_kind[TYPICAL])
        )
    return galleries
