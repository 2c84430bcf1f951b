"""Metrics of a cross-validation: one row per part, their mean, and published reference results."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from pipeline.io import markdown

FIGURES = {"Micro F1": "f1_micro", "Macro F1": "f1_macro", "Mean average precision": "map"}
Overall = Mapping[str, Any]


def mean_over_parts(found: Mapping[str, Overall]) -> dict[str, float | None]:
    """The mean of each metric over the parts; None if it is missing in any part."""
    means: dict[str, float | None] = {}
    for key in FIGURES.values():
        values = [overall.get(key) for overall in found.values()]
        known = [value for value in values if value is not None]
        means[key] = statistics.fmean(known) if known and len(known) == len(values) else None
    return means


def parts_table(found: Mapping[str, Overall], references: Mapping[str, tuple[float, float]]) -> str:
    """A Markdown table of the parts, their mean with the standard deviation over parts, and for
    each reference (name → micro and macro F1) the difference, ours minus the reference."""
    rows = []
    for part, overall in found.items():
        figures = (_shown(overall.get(key)) for key in FIGURES.values())
        rows.append([f"part {part}", str(overall["passages"]), *figures])
    means = mean_over_parts(found)
    rows.append(
        [
            f"mean of {len(found)} parts (s.d.)",
            str(sum(overall["passages"] for overall in found.values())),
            *(_shown(means[key]) + _spread(found, key) for key in FIGURES.values()),
        ]
    )
    for name, (micro, macro) in references.items():
        rows.append([name, "", f"{micro:.3f}", f"{macro:.3f}", ""])
        ours = [_difference(means["f1_micro"], micro), _difference(means["f1_macro"], macro)]
        rows.append(["difference", "", *ours, ""])
    return "\n".join(markdown.lines(["Test", "n", *FIGURES], rows)) + "\n"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _difference(ours: float | None, theirs: float) -> str:
    return "–" if ours is None else f"{ours - theirs:+.3f}"


def _spread(found: Mapping[str, Overall], key: str) -> str:
    known = [overall[key] for overall in found.values() if overall.get(key) is not None]
    return f" ({statistics.stdev(known):.3f})" if len(known) > 1 else ""
