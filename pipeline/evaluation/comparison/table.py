"""A comparison as Markdown that is also readable as plain text."""

from __future__ import annotations

import math

from pipeline.evaluation.comparison.by_slice import SliceDifference
from pipeline.evaluation.comparison.changes import LOSS, WIN
from pipeline.evaluation.comparison.paired import Comparison, Difference
from pipeline.io import markdown

_MINUS = "\N{MINUS SIGN}"


OTHER_FOLDS = (
    "The test passages are the same, but train and dev differ (another seed or split, or more "
    "labels), so the difference reflects both settings and training passages."
)


def table(comparison: Comparison) -> str:
    """A one-line verdict, the headline metrics, then the questions with wins and losses."""
    c = comparison
    seeds = "" if c.seeds == 1 else f", {c.seeds} seeds each"
    lines = [
        f"{c.other} against {c.baseline}, on {c.domain} (codebook {c.codebook_version}): "
        f"{c.passages} passages, {c.families} families{seeds}.",
        verdict(c),
        "",
        *markdown.lines(
            ["Figure", c.baseline, c.other, "Difference", "p"],
            [[row.name, *_values(row), signed_interval(row), p_value(row.p)] for row in c.headline],
        ),
        "",
        *markdown.lines(
            ["Question", c.baseline, c.other, "Difference", "p", "p (Holm)", "Wins", "Losses", "n"],
            [_question(c, row) for row in c.questions],
        ),
        "",
        *_slices(c),
        method(c),
    ]
    return "\n".join(lines) + "\n"


def verdict(comparison: Comparison) -> str:
    """The conclusion: B is better than A, worse, or no difference is shown."""
    c, macro = comparison, comparison.macro
    if macro.interval is None:
        claim = "Too few data: the difference in macro F1 has no interval"
    elif c.better:
        claim = f"{c.other} is better than {c.baseline}"
    elif macro.interval.high < 0:
        claim = f"{c.other} is worse than {c.baseline}"
    else:
        claim = f"No difference is shown between {c.other} and {c.baseline}"
    p = p_value(macro.p)
    return f"{claim}: macro F1 {signed_interval(macro, 3)}, p {p if p[0] == '<' else f'= {p}'}."


def method(comparison: Comparison) -> str:
    """How intervals and p-values were computed."""
    c = comparison
    return (
        f"In brackets, {100 * c.confidence:g}% bootstrap intervals, {c.samples} resamples of the "
        f"same families for both{' (and of seeds)' if c.seeds > 1 else ''}; p by approximate "
        f"randomisation within families ({c.swaps} exchanges); Holm's correction over questions. "
        "Wins: passages that the second gets right and the first wrong. "
        "n: passages with the frame, or with a stance against or in favour."
        + ("" if c.same_folds else f" {OTHER_FOLDS}")
    )


def count(comparison: Comparison, question: str, kind: str) -> int:
    return sum(c.question == question and c.kind == kind for c in comparison.changes)


def signed_interval(row: Difference | SliceDifference, digits: int = 2) -> str:
    if row.difference is None:
        return "–"
    shown = signed(row.difference, digits)
    if row.interval is None:
        return shown
    low, high = (signed(value, digits) for value in row.interval)
    return f"{shown} [{low}, {high}]"


def signed(value: float, digits: int = 2) -> str:
    """The number with its sign; without one if it rounds to zero."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else _MINUS}{text}"


def p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _values(row: Difference) -> list[str]:
    return [figure(row.baseline), figure(row.other)]


def _slices(comparison: Comparison) -> list[str]:
    """Macro F1 by part of the passages; empty if the results have no table of parts."""
    c = comparison
    rows = [
        [
            f"{row.dimension}: {row.part}",
            str(row.passages),
            *(
                ["too few", "too few", "too few"]
                if row.too_few
                else [plain(row.baseline), plain(row.other), signed_interval(row)]
            ),
        ]
        for row in c.slices
    ]
    if not rows:
        return []
    header = ["Part (macro F1)", "n", c.baseline, c.other, "Difference"]
    return [*markdown.lines(header, rows), ""]


def plain(value: float | None) -> str:
    return "–" if value is None else figure(value)


def _question(comparison: Comparison, row: Difference) -> list[str]:
    return [
        row.figure,
        *_values(row),
        signed_interval(row),
        p_value(row.p),
        p_value(row.adjusted),
        str(count(comparison, row.figure, WIN)),
        str(count(comparison, row.figure, LOSS)),
        str(row.positives),
    ]
