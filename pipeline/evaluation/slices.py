"""Metrics for parts of the passages, to show where a model is good and where it is not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import tables
from pipeline.codebook import Codebook
from pipeline.evaluation import metrics
from pipeline.evaluation.bootstrap import (
    family_totals,
    percentile_interval,
    resampled_families,
    resampled_totals,
)
from pipeline.evaluation.judged import Borderline, Judged
from pipeline.evaluation.measure import Bootstrap, Figures, stance_figures
from pipeline.evaluation.metrics import Float, Mask

# Smaller parts are marked as too small and get no metrics.
FEWEST_PASSAGES = 20
# Columns for the origin of a passage; missing or empty columns are not dimensions.
_ORIGIN = ("language", "channel", "voice", "source")
SURE, IN_DOUBT = "all agree", "some differ or doubt"

Groups = dict[str, list[str | None]]


def groups(passages: pl.DataFrame, soft: Float) -> Groups:
    """The value of each dimension for each of n passages; None belongs to no part.

    ``soft`` is ``(n, outputs)``: a share other than 0 and 1 means that coders disagree or find the
    passage borderline. Length is divided into three parts with equal numbers of passages.
    """
    found: Groups = {
        name: passages[name].cast(pl.String).to_list()
        for name in _ORIGIN
        if name in passages.columns and passages[name].null_count() < passages.height
    }
    if "text" in passages.columns and passages.height:
        found["length"] = _thirds(passages["text"].str.len_chars().to_numpy())
    doubted: Mask = np.asarray(((soft > 0) & (soft < 1)).any(axis=1))
    found["coders"] = [IN_DOUBT if doubt else SURE for doubt in doubted.tolist()]
    return found


def table(passages: pl.DataFrame, of: Groups) -> dy.DataFrame[tables.Slices]:
    """The groups as rows, for comparing results on the same parts later."""
    ids = passages["passage_id"].to_list()
    rows = [
        (passage, dimension, part)
        for dimension, values in of.items()
        for passage, part in zip(ids, values, strict=True)
        if part is not None
    ]
    wanted = pl.DataFrame(rows, schema=["passage_id", "dimension", "part"], orient="row")
    return tables.Slices.validate(wanted.cast(pl.String))


def parts(of: Groups) -> dict[str, dict[str, NDArray[np.int64]]]:
    """Dimension → value → rows."""
    found: dict[str, dict[str, NDArray[np.int64]]] = {}
    for dimension, values in of.items():
        named = sorted_parts({value for value in values if value is not None})
        column = np.array(values, object)
        found[dimension] = {name: np.flatnonzero(column == name) for name in named}
    return found


def sorted_parts(names: Iterable[str]) -> list[str]:
    """Sort by the leading number, then by name, so that lengths go from short to long."""
    return sorted(names, key=lambda name: (int(_number(name) or 0), name))


def measure_slices(
    judged: Judged, codebook: Codebook, bootstrap: Bootstrap, of: Groups
) -> dict[str, Any]:
    """Dimension → value → ``passages`` and the metrics of :func:`slice_figures` with intervals, or
    ``too_few``. Borderline cells are left out."""
    return {
        dimension: {
            name: _measure(judged.take(rows), codebook, bootstrap) for name, rows in values.items()
        }
        for dimension, values in parts(of).items()
    }


def slice_figures(judged: Judged, codebook: Codebook, weights: Float) -> Figures:
    """Macro and micro F1 of the frames and F1 of the stances, each ``(samples,)``.

    The macro mean is over the frames present in the part, so it does not rank parts with different
    frames.
    """
    scores, pooled = _f1(judged, judged.truth(Borderline.left_out), weights)
    figures: Figures = {("f1_macro",): metrics.mean_of_defined(scores), ("f1_micro",): pooled}
    if codebook.targets:
        figures["stance_f1",] = stance_figures(judged, codebook, weights)["stance_f1",]
    return figures


def _f1(judged: Judged, truth: tuple[Mask, Mask], weights: Float) -> tuple[Float, Float]:
    per_row = metrics.confusion_counts(truth[0], judged.predicted, truth[1])
    totals = family_totals(per_row, judged.family, judged.families)
    counts = resampled_totals(weights, totals)
    return metrics.f1(counts), metrics.f1(counts.sum(axis=1))


def _measure(part: Judged, codebook: Codebook, bootstrap: Bootstrap) -> dict[str, Any]:
    if len(part) < FEWEST_PASSAGES:
        return {"passages": len(part), "too_few": True}
    found: dict[str, Any] = {"passages": len(part)}
    points = slice_figures(part, codebook, np.ones((1, part.families)))
    drawn = slice_figures(
        part, codebook, resampled_families(part.families, bootstrap.samples, bootstrap.rng)
    )
    for (name,), values in points.items():
        point = float(values[0])
        found[name] = None if math.isnan(point) else point
        interval = percentile_interval(drawn[name,], bootstrap.confidence)
        if interval is not None and part.families > 1:
            found[f"{name}_interval"] = interval._asdict()
    return found


def _thirds(lengths: NDArray[np.int64]) -> list[str | None]:
    first, second = (int(x) for x in np.quantile(lengths, [1 / 3, 2 / 3], method="lower"))
    names = (
        f"1 to {first} characters",
        f"{first + 1} to {second} characters",
        f"{second + 1} characters or more",
    )
    return [names[int(length > first) + int(length > second)] for length in lengths.tolist()]


def _number(name: str) -> str:
    return name[: len(name) - len(name.lstrip("0123456789"))]
