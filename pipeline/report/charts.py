"""Figures of the page as inline SVG.

The page's style sheet colours the classes; standalone files use :data:`FILE_STYLE`. When a filter
is set, ``page.js`` redraws the time panels with the same measures (:class:`Frame`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from markupsafe import escape

from pipeline.report.wording import Words

# Shares of fewer paragraphs are drawn hollow and set in italics.
FEW = 30
ROUND_ENDS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
# Heat table rows with fewer paragraphs are not shaded: their pattern is mostly chance.
TOO_FEW = 10
SHADES = 10
# Up to this many periods, the outer axis labels fit centred below their points.
WIDE_STEPS = 5
_RAMP = (
    "#f6f8fb", "#e3ebf4", "#cddded", "#b3cce4", "#95b8d9", "#759fca", "#5686b9", "#3b6da3",
    "#27558a", "#173c6b",
)  # fmt: skip
FILE_STYLE = (
    "text{font-family:Roboto,'Noto Sans',sans-serif;font-size:11px;fill:#1d2530}"
    ".title{font-size:13px;font-weight:600}.dim{fill:#5a6675}.end{text-anchor:end}"
    ".mid{text-anchor:middle}.axis{stroke:#c9d0d8;stroke-width:1}.line{fill:none;stroke:#23609c;"
    "stroke-width:1.6}.band{fill:#23609c;fill-opacity:.18}.dot{fill:#23609c}.hollow{fill:#fff;"
    "stroke:#23609c}.whisker{stroke:#23609c;stroke-opacity:.5;stroke-width:1.4}.bar{fill:#9aa7b5}"
    ".against{fill:#b8541a}.neutral{fill:#b9c0c8}.favour{fill:#23609c}.hit{fill:none}.clip{fill:#23609c}"
    + "".join(f".q{i}{{fill:{colour}}}" for i, colour in enumerate(_RAMP))
    + "".join(f".t{i}{{fill:{'#fff' if i > 5 else '#1d2530'}}}" for i in range(SHADES))
)


@dataclass(frozen=True)
class Frame:
    """Size and margins of a time panel, in SVG units."""

    width: int = 360
    height: int = 150
    left: int = 40
    right: int = 10
    top: int = 12
    bottom: int = 24


@dataclass(frozen=True)
class Point:
    """One period; ``share`` is None if it has no paragraphs."""

    name: str
    tick: str
    n: int
    count: int
    share: float | None
    low: float
    high: float

    def tooltip(self, words: Words) -> str:
        if self.share is None:
            return words("{name}: no paragraphs", name=self.name)
        return words(
            "{name}: {share} (95% interval {low} to {high}), {count} of {n} paragraphs",
            name=self.name, share=words.percent(self.share), low=words.percent(self.low),
            high=words.percent(self.high), count=words.number(self.count),
            n=words.number(self.n),
        )  # fmt: skip


PANEL = Frame()


def panel_measures() -> dict[str, int]:
    return asdict(PANEL)


def round_maximum(values: Sequence[float]) -> float:
    """The smallest of :data:`ROUND_ENDS` that is not below any value."""
    top = max(values, default=0.0)
    return next((end for end in ROUND_ENDS if end >= top - 1e-9), 1.0)


def axis_maximum(points: Sequence[Point]) -> float:
    """Axis end that covers the intervals of all points with at least :data:`FEW` paragraphs, or of
    all points if there are none."""
    read = [point for point in points if point.share is not None]
    firm = [point for point in read if point.n >= FEW] or read
    return round_maximum([point.high for point in firm])


def shade(value: float, maximum: float) -> int:
    """Step from 0 to ``SHADES - 1`` of a value on a scale from 0 to ``maximum``."""
    return min(SHADES - 1, int(value / maximum * SHADES)) if maximum > 0 else 0


def time_panel(points: Sequence[Point], maximum: float, words: Words) -> str:
    """Line, band and points of one frame; values above ``maximum`` are clipped and marked."""
    box = PANEL
    step = (box.width - box.left - box.right) / max(1, len(points))
    floor, tall = box.height - box.bottom, box.height - box.bottom - box.top

    def x(i: int) -> float:
        return round(box.left + (i + 0.5) * step, 1)

    def y(value: float) -> float:
        return round(floor - min(value, maximum) / maximum * tall, 1)

    parts = [_axis(floor, maximum), *_ticks(points, x, floor)]
    for present, run in groupby(enumerate(points), key=lambda pair: pair[1].share is not None):
        if present:
            parts += _segment([(x(i), point) for i, point in run], y)
    for i, point in enumerate(points):
        if point.share is not None and point.high > maximum:
            parts.append(clipped(x(i)))
        tooltip = f"<title>{escape(point.tooltip(words))}</title>"
        parts.append(
            f'<rect class="hit" pointer-events="all" x="{round(x(i) - step / 2, 1)}" y="{box.top}" '
            f'width="{round(step, 1)}" height="{tall}">{tooltip}</rect>'
        )
    return "".join(parts)


def clipped(x: float) -> str:
    """A mark above the plot for an interval that ends beyond the scale."""
    top = PANEL.top
    return f'<path class="clip" d="M{x - 3:g} {top - 2}h6l-3 -5z"/>'


def volume_panel(points: Sequence[Point], words: Words) -> str:
    """A bar per period: its number of paragraphs."""
    box = PANEL
    step = (box.width - box.left - box.right) / max(1, len(points))
    floor, tall = box.height - box.bottom, box.height - box.bottom - box.top
    most = max((point.n for point in points), default=0) or 1
    right = box.width - box.right
    ends = (
        f'<text class="dim end" x="{box.left - 6}" y="{box.top + 4}">{words.number(most)}</text>'
        f'<text class="dim end" x="{box.left - 6}" y="{floor + 4}">0</text>'
        f'<line class="axis" x1="{box.left}" x2="{right}" y1="{floor}" y2="{floor}"/>'
    )
    parts = [ends, *_ticks(points, lambda i: round(box.left + (i + 0.5) * step, 1), floor)]
    for i, point in enumerate(points):
        tall_bar = round(point.n / most * tall, 1)
        parts.append(
            f'<rect class="bar" x="{round(box.left + i * step + step * 0.1, 1)}" '
            f'y="{round(floor - tall_bar, 1)}" width="{round(step * 0.8, 1)}" height="{tall_bar}">'
            f"<title>{escape(point.name)}: {words.count(point.n, 'paragraph')}</title></rect>"
        )
    return "".join(parts)


def _segment(run: Sequence[tuple[float, Point]], y: Callable[[float], float]) -> list[str]:
    """A run of periods with paragraphs: a band and a line, or a whisker for a single period."""
    parts = []
    if len(run) == 1:
        x, point = run[0]
        ends = f'y1="{y(point.low)}" y2="{y(point.high)}"'
        parts.append(f'<line class="whisker" x1="{x}" x2="{x}" {ends}/>')
    else:
        upper = [f"{x},{y(point.high)}" for x, point in run]
        lower = [f"{x},{y(point.low)}" for x, point in reversed(run)]
        line = " ".join(f"{x},{y(point.share or 0.0)}" for x, point in run)
        parts.append(f'<polygon class="band" points="{" ".join(upper + lower)}"/>')
        parts.append(f'<polyline class="line" points="{line}"/>')
    for x, point in run:
        kind = "dot" if point.n >= FEW else "hollow"
        radius = 2.8 if len(run) == 1 else 2.2 if len(run) < 40 else 1.6
        parts.append(f'<circle class="{kind}" cx="{x}" cy="{y(point.share or 0.0)}" r="{radius}"/>')
    return parts


def _axis(floor: int, maximum: float) -> str:
    box = PANEL
    at = {0.0: floor, maximum / 2: (floor + box.top) / 2, maximum: box.top}
    right = box.width - box.right
    return "".join(
        f'<line class="axis" x1="{box.left}" x2="{right}" y1="{where}" y2="{where}"/>'
        f'<text class="dim end" x="{box.left - 6}" y="{where + 4}">{_tick(value)}</text>'
        for value, where in at.items()
    )


def _tick(value: float) -> str:
    return f"{value * 100:g}%"


def tick_positions(n: int) -> list[int]:
    """Indexes of the periods with an axis label: all of up to 4, else the ends and the middle."""
    return list(range(n)) if n <= 4 else [0, n // 2, n - 1]


def _ticks(points: Sequence[Point], x: Callable[[int], float], floor: int) -> list[str]:
    places = tick_positions(len(points))
    parts = []
    for i in places:
        # Outer labels must stay inside the picture.
        at_edge = len(points) > WIDE_STEPS and i in (places[0], places[-1])
        anchor = ("" if i == 0 else " end") if at_edge else " mid"
        where = (PANEL.left if i == 0 else PANEL.width - PANEL.right) if at_edge else x(i)
        name = escape(points[i].tick)
        parts.append(f'<text class="dim{anchor}" x="{where}" y="{floor + 16}">{name}</text>')
    return parts
