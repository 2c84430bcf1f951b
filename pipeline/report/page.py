"""Renders the report as a single HTML file, without external resources or network requests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from markupsafe import Markup

from pipeline.codebook import STANCES, Codebook
from pipeline.io import html_page
from pipeline.report import charts, formatting
from pipeline.report.aggregates import OTHER_CHANNELS
from pipeline.report.cards import Axes, Card, card
from pipeline.report.corrected import basis
from pipeline.report.filters import filter_data
from pipeline.report.headlines import RARE
from pipeline.report.report_data import ReportData
from pipeline.report.selection import STRONGEST, TYPICAL
from pipeline.report.series import shares_maximum
from pipeline.report.wording import Words

_TEMPLATES = Path(__file__).parent / "templates"
SECTIONS = (
    ("frames", "Findings"), ("time", "Over time"), ("channels", "Channels"), ("stance", "Stance"),
    ("together", "Together"), ("forwards", "Forwards"), ("paragraphs", "Paragraphs"),
    ("corrected", "Error rates"), ("left-out", "Left out"), ("languages", "Languages"),
    ("shift", "Similarity to training"), ("methods", "Methods"), ("origin", "Sources"),
)  # fmt: skip
UNIT_NAMES = {
    "1d": "day", "1w": "week", "1mo": "month", "1q": "quarter", "1y": "year", "10y": "decade",
}  # fmt: skip
_STANCES = {"against": "against", "neutral": "neutral", "favour": "in favour"}


@dataclass(frozen=True)
class Gallery:
    """The paragraphs of one frame."""

    number: int
    name: str
    definition: str
    strongest: list[Card]
    typical: list[Card]


@dataclass(frozen=True)
class StanceGallery:
    """The paragraphs of one stance; ``id`` is the anchor that its table cell links to."""

    id: str
    target: str
    stance: str
    cards: list[Card]


@dataclass(frozen=True)
class Forward:
    """Posts of ``channel`` forwarded from ``source``; ``frames`` is display text."""

    channel: str
    channel_number: int
    source: str
    posts: int
    paragraphs: int
    frames: str


def render(report: ReportData, codebook: Codebook) -> str:
    """Render the document. Untrusted text is autoescaped or embedded as JSON."""
    words = report.words
    environment = html_page.environment(_TEMPLATES)
    environment.filters |= {
        "number": words.number, "percent": words.percent, "short": formatting.short,
        "fit": formatting.fit, "language": words.language,
    }  # fmt: skip
    environment.globals |= {
        "t": words, "count": words.count, "of": words.of, "interval": words.interval,
        "shade": charts.shade,
    }  # fmt: skip
    style, script = (_asset(name) for name in ("page.css", "page.js"))
    axes = _axes(report)
    return environment.get_template("report.html.j2").render(
        report=report,
        totals=report.aggregates.totals,
        sections=[(id, words(name)) for id, name in SECTIONS],
        unit=words(UNIT_NAMES[report.aggregates.unit]),
        policy=html_page.policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=Markup(html_page.data(filter_data(report, codebook, axes))),
        few=charts.FEW,
        too_few=charts.TOO_FEW,
        rare=RARE,
        panel=charts.PANEL,
        panels=_panels(report),
        maximum=shares_maximum(report.shares),
        basis=basis(report.correction, words) if report.correction else "",
        axes=axes,
        galleries=_galleries(report, axes),
        stance_galleries=_stance_galleries(report, axes),
        forwards=_forwards(report, axes),
        pictures=sum(entry.pieces for entry in report.dropped or [] if entry.is_picture),
        stances=STANCES,
    )


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _axes(report: ReportData) -> Axes:
    cube = report.aggregates.cube
    sizes = cube.group_by("language").agg(pl.col("n").sum())
    sizes = sizes.sort("n", "language", descending=[True, False])
    return Axes(
        report.aggregates.channels,
        sizes["language"].to_list(),
        report.periods,
        year_only=report.aggregates.totals.year_only,
    )


def _panels(report: ReportData) -> list[Markup]:
    """The volume panel, then one panel per frame, as escaped SVG."""
    if len(report.time.periods) < 2:
        return []
    maximum = report.time.maximum
    drawings = [charts.volume_panel(report.time.volume, report.words)]
    drawings += [charts.time_panel(p, maximum, report.words) for p in report.time.points]
    return [Markup(drawing) for drawing in drawings]


def _forwards(report: ReportData, axes: Axes) -> list[Forward]:
    """The pairs, with the two most frequent frames of their forwarded paragraphs."""
    place = {name: i for i, name in enumerate(axes.channels)}
    other = place.get(OTHER_CHANNELS, -1)
    forwards = []
    for row in report.forwards.iter_rows(named=True):
        found = sorted(
            ((row[share.code], share.name) for share in report.shares if row[share.code]),
            key=lambda pair: -pair[0],
        )
        frames = [f"{name} {report.words.percent(n / row['n'])}" for n, name in found[:2]]
        forwards.append(
            Forward(
                row["channel"], place.get(row["channel"], other), row["forwarded_from"],
                row["posts"], row["n"], ", ".join(frames) or "–",
            )
        )  # fmt: skip
    return forwards


def _galleries(report: ReportData, axes: Axes) -> list[Gallery]:
    galleries = []
    for number, share in enumerate(report.shares):
        cards = _cards(report, axes, share.code)
        by_kind = {kind: [c for c in cards if c.kind == kind] for kind in (STRONGEST, TYPICAL)}
        galleries.append(
            Gallery(number, share.name, share.definition, by_kind[STRONGEST], by_kind[TYPICAL])
        )
    return galleries


def _stance_galleries(report: ReportData, axes: Axes) -> list[StanceGallery]:
    """One gallery per stance that has paragraphs."""
    found = []
    for row in report.stances:
        for stance in STANCES:
            cards = _cards(report, axes, f"stance_{row.code}={stance}")
            if cards:
                found.append(StanceGallery(stance_id(row.code, stance), row.name,
                                           stance_name(stance, report.words), cards))  # fmt: skip
    return found


def stance_id(target: str, stance: str) -> str:
    return f"stance-{target}-{stance}"


def stance_name(stance: str, words: Words) -> str:
    return words(_STANCES[stance])


def _cards(report: ReportData, axes: Axes, frame: str) -> list[Card]:
    threshold = report.thresholds.get(frame.partition("=")[0])
    return [card(s, axes, report.words, threshold) for s in report.shown if s.frame == frame]
