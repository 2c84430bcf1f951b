"""Figures as files of their own, as standalone SVG from the same numbers as the page's tables."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import escape

from pipeline.codebook import STANCES
from pipeline.report import charts
from pipeline.report.corrected import Correction
from pipeline.report.formatting import number, percent, short
from pipeline.report.series import Matrix, Share, StanceRow, TimeSeries

_LABEL = 190
_ROW = 24


def over_time(series: TimeSeries, title: str) -> str:
    """Two columns of panels, the number of paragraphs first."""
    box = charts.PANEL
    panels = [("Paragraphs read", charts.volume_panel(series.volume))]
    panels += [
        (name, charts.time_panel(points, series.maximum))
        for name, points in zip(series.names, series.points, strict=True)
    ]
    parts = []
    for i, (name, drawing) in enumerate(panels):
        x, y = (i % 2) * (box.width + 20), 50 + (i // 2) * (box.height + 34)
        heading = _text(box.left, 0, short(name, 44), "title")
        parts.append(f'<g transform="translate({x} {y})">{heading}{drawing}</g>')
    rows = (len(panels) + 1) // 2
    return _picture(2 * box.width + 20, 54 + rows * (box.height + 34), title, parts)


def shares(rows: Sequence[Share], maximum: float, title: str) -> str:
    """A bar and its interval a frame."""
    width, parts = 300, []
    for i, row in enumerate(rows):
        y = 44 + i * _ROW
        low, high = (_LABEL + v / maximum * width for v in (row.low, row.high))
        told = f"{percent(row.share)} ({number(row.count)} of {number(row.n)})"
        parts += [
            _text(_LABEL - 8, y + 4, short(row.name, 30), "end"),
            f'<rect class="favour" fill-opacity=".55" x="{_LABEL}" y="{y - 7}" height="14" '
            f'width="{row.share / maximum * width:.1f}"/>',
            f'<line stroke-width="2" stroke="#1d2530" x1="{low:.1f}" x2="{high:.1f}" '
            f'y1="{y}" y2="{y}"/>',
            _text(_LABEL + width + 10, y + 4, told),
        ]
    return _picture(_LABEL + width + 150, 60 + len(rows) * _ROW, title, parts)


def corrected(correction: Correction, title: str) -> str:
    """A grey bar for what was found, a dot and its interval for the corrected share."""
    width, maximum, parts = 300, correction.maximum, []
    for i, row in enumerate(correction.rows):
        y = 60 + i * _ROW
        parts += [
            _text(_LABEL - 8, y + 4, short(row.found.name, 30), "end"),
            f'<rect class="neutral" x="{_LABEL}" y="{y - 7}" height="14" '
            f'width="{row.found.share / maximum * width:.1f}"/>',
        ]
        told = f"found {percent(row.found.share)}"
        if row.corrected is not None:
            low, dot, high = (
                _LABEL + value / maximum * width
                for value in (row.corrected.low, row.corrected.share, row.corrected.high)
            )
            parts += [
                f'<line stroke-width="2" stroke="#23609c" x1="{low:.1f}" x2="{high:.1f}" '
                f'y1="{y}" y2="{y}"/>',
                f'<circle class="dot" cx="{dot:.1f}" cy="{y}" r="4"/>',
            ]
            told = (
                f"{percent(row.corrected.share)} ({percent(row.corrected.low)} to "
                f"{percent(row.corrected.high)}); {told}"
            )
        parts.append(_text(_LABEL + width + 10, y + 4, told))
    end = _LABEL + width
    parts.append(_text(end, 44, percent(maximum), "end dim"))
    parts.append(_text(_LABEL, 44, "0%", "dim"))
    if correction.sample is None:
        parts.append(_text(8, 76 + len(correction.rows) * _ROW, "Not corrected for shift.", "dim"))
    return _picture(end + 220, 90 + len(correction.rows) * _ROW, title, parts)


def heat(matrix: Matrix, title: str) -> str:
    """A table of shades with the per cents in it."""
    cell = 86
    parts = [
        _text(_LABEL + (j + 0.5) * cell, 44 + 12 * line, words, "mid dim")
        for j, name in enumerate(matrix.columns)
        for line, words in enumerate(_lines(name))
    ]
    for i, (name, n, row) in enumerate(zip(matrix.rows, matrix.sizes, matrix.values, strict=True)):
        y = 80 + i * _ROW
        parts.append(_text(_LABEL - 8, y + 15, short(name, 30), "end"))
        parts.append(_text(_LABEL + len(row) * cell + 8, y + 15, f"n = {number(n)}", "dim"))
        for j, value in enumerate(row):
            if value is None:
                continue
            step = charts.shade(value, matrix.maximum) if n >= charts.TOO_FEW else 0
            x = _LABEL + j * cell
            parts.append(
                f'<rect class="q{step}" x="{x}" y="{y}" width="{cell - 2}" height="{_ROW - 2}"/>'
            )
            parts.append(_text(x + cell / 2 - 1, y + 15, percent(value), f"mid t{step}"))
    width = _LABEL + len(matrix.columns) * cell + 90
    return _picture(width, 96 + len(matrix.rows) * _ROW, title, parts)


def stances(rows: Sequence[StanceRow], title: str) -> str:
    """A bar a target, cut into against, neutral and in favour."""
    width, parts = 320, []
    for i, name in enumerate(("against", "neutral", "in favour")):
        x = _LABEL + i * 100
        parts.append(f'<rect class="{STANCES[i]}" x="{x}" y="38" width="12" height="12"/>')
        parts.append(_text(x + 18, 48, name))
    for i, row in enumerate(rows):
        y, at = 70 + i * _ROW, float(_LABEL)
        parts.append(_text(_LABEL - 8, y + 14, short(row.name, 30), "end"))
        for stance, count in zip(STANCES, row.counts, strict=True):
            length = count / row.spoken * width if row.spoken else 0.0
            parts.append(
                f'<rect class="{stance}" x="{at:.1f}" y="{y}" width="{length:.1f}" height="18"/>'
            )
            at += length
        told = " · ".join(number(count) for count in row.counts)
        parts.append(_text(_LABEL + width + 10, y + 14, told, "dim"))
    return _picture(_LABEL + width + 150, 86 + len(rows) * _ROW, title, parts)


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    """A text element; whatever the words hold stays text."""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(words)}</text>'


def _lines(name: str) -> list[str]:
    """A column's name on at most three lines."""
    words = name.split()
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 13:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return [short(line, 15) for line in lines[:3]]


def _picture(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img"><title>{escape(title)}</title>'
        f"<style>{charts.FILE_STYLE}</style>"
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f"{_text(8, 20, title, 'title')}{''.join(parts)}</svg>"
    )
