"""A comparison as one self-contained HTML file without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pipeline.evaluation.comparison import table as text
from pipeline.evaluation.comparison.by_slice import SliceDifference
from pipeline.evaluation.comparison.changes import BOTH_WRONG, LOSS, WIN, Change
from pipeline.evaluation.comparison.paired import Comparison, Difference
from pipeline.evaluation.slices import FEWEST_PASSAGES
from pipeline.io import html_page

_TEMPLATES = Path(__file__).parents[1] / "templates"
# Passages listed per group; the counts include all of them.
_SHOWN = 40
_WIDTH, _HEIGHT = 260.0, 18.0


@dataclass(frozen=True)
class Group:
    """Changed passages of one question and kind; ``total`` counts those not shown too."""

    kind: str
    total: int
    shown: Sequence[Change]


@dataclass(frozen=True)
class ChangedQuestion:
    """The changed passages of one question."""

    row: Difference
    groups: list[Group]


def render(comparisons: Sequence[Comparison]) -> str:
    """The complete HTML document; all inserted text is autoescaped."""
    environment = html_page.environment(_TEMPLATES)
    environment.filters |= {
        "figure": text.figure, "signed": text.signed_interval, "p_value": text.p_value,
        "plain": text.plain,
    }  # fmt: skip
    environment.globals |= {
        "verdict": text.verdict, "method": text.method, "count": text.count,
        "changed_questions": _changed_questions,
        "ruler": _ruler, "reach": _reach, "fewest": FEWEST_PASSAGES,
    }  # fmt: skip
    style = (_TEMPLATES / "comparison.css").read_text(encoding="utf-8")
    template = environment.get_template("comparison.html.j2")
    return template.render(comparisons=comparisons, style=Markup(style))


def _changed_questions(comparison: Comparison) -> list[ChangedQuestion]:
    found = []
    for row in comparison.questions:
        groups = []
        for kind in (WIN, LOSS, BOTH_WRONG):
            of_kind = [c for c in comparison.changes if c.question == row.figure and c.kind == kind]
            if of_kind:
                groups.append(Group(kind, len(of_kind), of_kind[:_SHOWN]))
        if groups:
            found.append(ChangedQuestion(row, groups))
    return found


def _reach(comparison: Comparison) -> float:
    """The range of a comparison's rulers on both sides of 0, a multiple of 0.1."""
    rows = [*comparison.headline, *comparison.questions]
    ends = [abs(x) for row in rows for x in (row.interval or (row.difference or 0.0,))]
    return max(1, -(-int(max(ends) * 1000) // 100)) / 10


def _ruler(row: Difference | SliceDifference, reach: float) -> Markup:
    """An SVG dot with its interval on a line with 0 in the middle; the table has the numbers."""
    if row.difference is None:
        return Markup("")
    low, high = row.interval or (row.difference, row.difference)
    x1, x2, dot = (
        _WIDTH / 2 * (1 + max(-1.0, min(1.0, value / reach)))
        for value in (low, high, row.difference)
    )
    way = "up" if low > 0 else "down" if high < 0 else "open"
    return Markup(
        f'<svg class="ruler {way}" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" aria-hidden="true">'
        f'<line class="zero" x1="{_WIDTH / 2:g}" x2="{_WIDTH / 2:g}" y1="0" y2="{_HEIGHT:g}"/>'
        f'<line class="range" x1="{x1:.1f}" x2="{x2:.1f}" y1="9" y2="9"/>'
        f'<circle cx="{dot:.1f}" cy="9" r="4"/></svg>'
    )
