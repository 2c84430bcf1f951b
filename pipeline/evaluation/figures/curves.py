"""Figures of an evaluation, as PNG (for screens) and SVG (for print).

They are drawn from the predictions table and the metrics only, so they can be redrawn later.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipeline.codebook import STANCE_PREFIX, STANCES
from pipeline.evaluation.figures.decisions import (
    coverage_accuracy,
    errors_ranked,
    settled,
    threshold_cost,
)
from pipeline.evaluation.figures.panels import (
    BLUE,
    MUTED,
    ORANGE,
    PALETTE,
    Rows,
    matrix,
    reliability_panel,
    rendered,
    sheet,
)
from pipeline.evaluation.summary import language_name
from pipeline.io import files

if TYPE_CHECKING:
    import altair as alt


def write_figures(
    folder: Path, predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
) -> None:
    """Write every figure that applies to the questions; remove old figures that do not apply.

    ``names`` maps questions to display names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in FIGURES.items():
        chart = draw(predictions, metrics, names)
        for kind in ("png", "svg"):
            path = folder / f"{name}.{kind}"
            if chart is None:
                path.unlink(missing_ok=True)
                continue
            with files.replacing(path) as temporary:
                temporary.write_bytes(rendered(chart, kind))


def precision_recall(
    predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
) -> alt.ConcatChart | None:
    """Precision against recall over all thresholds, one panel per frame; the dot marks the
    threshold in use."""
    import altair as alt

    charts = []
    for code, name in _frames(predictions, names):
        rows = settled(predictions, code)
        truth = (rows["answer"] == "present").to_numpy()
        if not truth.any():
            continue
        curve = _curve(truth, rows["p"].to_numpy())
        frame = metrics["overall"]["frames"][code]
        share = [{"share": float(truth.mean())}]
        point = [{"recall": frame["recall"], "precision": frame["precision"]}]
        recall = alt.X("recall:Q", title="Recall", scale=alt.Scale(domain=[0, 1]))
        precision = alt.Y("precision:Q", title="Precision", scale=alt.Scale(domain=[0, 1]))
        line = alt.Chart(pl.DataFrame(curve)).mark_line(
            interpolate="step-before", color=BLUE, strokeWidth=1.8
        )
        chance = alt.Chart(pl.DataFrame(share)).mark_rule(color=MUTED, strokeDash=[4, 3])
        dot = alt.Chart(pl.DataFrame(point)).mark_point(
            filled=True, size=70, color=ORANGE, opacity=1
        )
        title = alt.Title(name, subtitle=f"{_average(frame)}, {int(truth.sum())} present")
        charts.append(
            alt.layer(
                chance.encode(y="share:Q"),
                line.encode(recall, precision),
                dot.encode(recall, precision),
            ).properties(width=170, height=150, title=title)
        )
    return sheet(
        charts,
        metrics,
        "Precision and recall at every threshold",
        "Dot: the threshold in use. Dashed: the share of passages with the frame.",
    )


def frame_confusion(
    predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
) -> alt.ConcatChart | None:
    """Coders' answer against the model's decision, one panel per frame."""
    answers = ["present", "borderline", "absent"]
    charts = [
        matrix(
            predictions.filter(pl.col("question") == code),
            answers,
            ["present", "absent"],
            name,
            cell=(74, 30),
        )
        for code, name in _frames(predictions, names)
    ]
    return sheet(
        charts,
        metrics,
        "Coders' answers and model decisions",
        "Passages; shade: share of the row.",
    )


def stance_confusion(
    predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
) -> alt.ConcatChart | None:
    """Coders' stance against the model's, pooled over passages and targets; None without stance."""
    stance = predictions.filter(pl.col("question").str.starts_with(STANCE_PREFIX))
    if stance.is_empty():
        return None
    words = [*STANCES, "absent"]
    chart = matrix(stance, words, words, "All targets", cell=(72, 40))
    return sheet(
        [chart],
        metrics,
        "Stance: coders and model",
        "Passage-target pairs without contested ones; shade: share of the row.",
    )


def reliability_diagram(
    predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
) -> alt.ConcatChart | None:
    """Observed frequency against predicted probability; on the diagonal the two agree."""
    settled = predictions.filter(
        ~pl.col("question").str.starts_with(STANCE_PREFIX)
        & pl.col("answer").is_in(["present", "absent"])
    )
    frames = (
        (settled["answer"] == "present").to_numpy().astype(float),
        settled["probabilities"].list.first().to_numpy(),
    )
    panels = [("Frames", metrics["overall"], frames)]
    stance = predictions.filter(
        pl.col("question").str.starts_with(STANCE_PREFIX) & (pl.col("answer") != "contested")
    )
    if not stance.is_empty():
        shown = np.stack([(stance["answer"] == s).to_numpy() for s in STANCES], axis=1)
        probability = np.array(stance["probabilities"].to_list()).ravel()
        panels.append(
            ("Stances", metrics["overall"]["stance"], (shown.ravel().astype(float), probability))
        )
    charts = [
        reliability_panel(name, part["calibration_error"], *cells)
        for name, part, cells in panels
        if len(cells[0])
    ]
    return sheet(
        charts,
        metrics,
        "Reliability of the probabilities",
        "Ten bins; dot size: number of answers. Below the line, probabilities are too high.",
    )


def f1_by_language(
    predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
) -> alt.ConcatChart | None:
    """F1 with its interval, per frame and language."""
    import altair as alt

    parts = {"All": metrics["overall"]}
    if len(metrics["by_language"]) > 1:
        parts |= {language_name(code): part for code, part in metrics["by_language"].items()}
    rows = [row for name, part in parts.items() for row in _f1_rows(name, part, names)]
    rows = [row for row in rows if row["f1"] is not None]
    if not rows:
        return None
    order = list(dict.fromkeys(row["figure"] for row in rows))
    shown = [name for name in parts if any(row["passages"] == name for row in rows)]
    y = alt.Y("figure:N", sort=order, title=None, axis=alt.Axis(labelLimit=260))
    offset = alt.YOffset("passages:N", sort=shown)
    color = alt.Color(
        "passages:N",
        sort=shown,
        title="Passages",
        scale=alt.Scale(domain=shown, range=PALETTE[: len(shown)]),
    )
    x = alt.X("f1:Q", title="F1", scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(pl.DataFrame(rows))
    bars = base.mark_rule(strokeWidth=2, opacity=0.55).encode(
        alt.X("low:Q", title="F1"), alt.X2("high:Q"), y, color, offset
    )
    dots = base.mark_point(filled=True, size=55, opacity=1).encode(x, y, color, offset)
    chart = alt.layer(bars, dots).properties(
        width=420, height=alt.Step(14 * len(shown) + 8, **{"for": "position"})
    )
    confidence = metrics["bootstrap"]["confidence"]
    return sheet(
        [chart],
        metrics,
        "F1 by language",
        f"Line: {100 * confidence:g}% bootstrap interval by family, for frames in five passages or "
        "more.",
    )


def _of_frames(
    draw: Callable[[pl.DataFrame, dict[str, Any], dict[str, str]], alt.ConcatChart | None],
) -> Callable[[pl.DataFrame, dict[str, Any], dict[str, str]], alt.ConcatChart | None]:
    """Restrict a figure to frames."""

    def drawn(
        predictions: pl.DataFrame, metrics: dict[str, Any], names: dict[str, str]
    ) -> alt.ConcatChart | None:
        return draw(predictions, metrics, dict(_frames(predictions, names)))

    return drawn


FIGURES: dict[
    str, Callable[[pl.DataFrame, dict[str, Any], dict[str, str]], alt.ConcatChart | None]
] = {
    "precision_recall": precision_recall,
    "frame_confusion": frame_confusion,
    "stance_confusion": stance_confusion,
    "reliability": reliability_diagram,
    "f1_by_language": f1_by_language,
    "threshold_cost": _of_frames(threshold_cost),
    "coverage_accuracy": _of_frames(coverage_accuracy),
    "errors_ranked": _of_frames(errors_ranked),
}


def _frames(predictions: pl.DataFrame, names: dict[str, str]) -> list[tuple[str, str]]:
    asked = set(predictions["question"].unique())
    return [(c, n) for c, n in names.items() if c in asked and not c.startswith(STANCE_PREFIX)]


def _average(frame: dict[str, Any]) -> str:
    return f"average precision {frame['average_precision']:.2f}"


def _curve(truth: np.ndarray, probability: np.ndarray) -> Rows:
    """Precision and recall at each distinct probability, in descending order."""
    order = np.argsort(-probability, kind="stable")
    hits, said = np.cumsum(truth[order]), np.arange(1, len(order) + 1)
    last = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)
    recall, precision = hits[last] / truth.sum(), hits[last] / said[last]
    points = [{"recall": 0.0, "precision": float(precision[0])}]
    return points + [
        {"recall": float(r), "precision": float(p)} for r, p in zip(recall, precision, strict=True)
    ]


def _f1_rows(passages: str, part: dict[str, Any], names: dict[str, str]) -> Rows:
    figures = [("Macro, all frames", part, "f1_macro")]
    figures += [(names.get(code, code), frame, "f1") for code, frame in part["frames"].items()]
    if "stance_f1" in part:
        figures.append(("Stance, all targets", part, "stance_f1"))
    rows = []
    for figure, values, key in figures:
        point = values[key]
        interval = values.get(f"{key}_interval") or {"low": point, "high": point}
        rows.append({"figure": figure, "passages": passages, "f1": point, **interval})
    return rows
