"""How far coders agree: Krippendorff's alpha a question, with an interval over passages.

Read it as Krippendorff does: from 0.8 on the answers are reliable, from 0.667 on they allow
tentative conclusions, below that they do not. Alpha is 1 for perfect agreement, 0 for what chance
would give, and it is undefined (null) where all answers are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.annotation.adjudication import FRAME_VALUES, STANCE_VALUES, independent
from pipeline.codebook import Codebook, Question

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Agreement about one question.

    Attributes:
        level: ``ordinal`` (absent < borderline < present) or ``nominal``.
        alpha, low, high: the point and its interval; None where undefined.
        units: passages with two answers and more.
        answers: answers about those passages.
        observed: share of pairs of coders who gave the same answer, a passage weighing as much as
            it has answers; None without units.
    """

    question: str
    level: str
    alpha: float | None
    low: float | None
    high: float | None
    units: int
    answers: int
    observed: float | None


def measure(
    annotations: pl.DataFrame,
    codebook: Codebook,
    *,
    samples: int = 1000,
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
) -> dict[str, Any]:
    """Agreement about every question that was asked, as plain values for a JSON file.

    Keys: ``codebook_version``, ``coders``, ``passages``, ``confidence``, ``questions`` (a list of
    :class:`Agreement`), ``mean_alpha`` over frames and over targets. ``cannot_say`` is no answer.
    The interval is a percentile bootstrap over passages; without ``rng`` it is drawn from a fixed
    seed. The order of the rows does not matter. What the lead settled in sight of the others is
    left out: it would be agreement by arrangement.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    annotations = independent(annotations)
    given = annotations.filter(pl.col("answer") != "cannot_say")
    results = [
        _of_question(question, counts, samples, confidence, rng)
        for question in codebook.questions
        if len(counts := answer_counts(given, question))
    ]
    return {
        "codebook_version": codebook.version,
        "coders": sorted(annotations["coder"].unique()),
        "passages": annotations["passage_id"].n_unique(),
        "confidence": confidence,
        "questions": [asdict(result) for result in results],
        "mean_alpha": {
            "frames": _mean([r.alpha for r in results if r.level == "ordinal"]),
            "targets": _mean([r.alpha for r in results if r.level == "nominal"]),
        },
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def answer_counts(annotations: pl.DataFrame, question: Question) -> Floats:
    """``(units, values)``: how many coders gave each answer, a row a passage, sorted by passage."""
    values = STANCE_VALUES if question.is_stance else FRAME_VALUES
    counted = (
        annotations.filter(question=question.name)
        .group_by("passage_id")
        .agg(*((pl.col("answer") == value).sum().alias(value) for value in values))
        .sort("passage_id")
    )
    return counted.select(values).to_numpy().astype(np.float64)


def _of_question(
    question: Question, counts: Floats, samples: int, confidence: float, rng: np.random.Generator
) -> Agreement:
    level = "nominal" if question.is_stance else "ordinal"
    pairable = counts[counts.sum(axis=1) >= 2]
    units = len(pairable)
    alpha, low, high, observed = None, None, None, None
    if units:
        # Few patterns of answers exist, so passages are drawn as so many of each pattern.
        patterns, times = np.unique(pairable, axis=0, return_counts=True)
        flat = unit_coincidences(patterns).reshape(len(patterns), -1)
        shape = (-1, counts.shape[1], counts.shape[1])
        total = (times @ flat).reshape(shape)
        alpha = _defined(krippendorff(total, level)[0])
        observed = float(np.trace(total[0]) / total.sum())
        weights = rng.multinomial(units, times / units, size=samples)
        drawn = krippendorff((weights @ flat).reshape(shape), level)
        drawn = drawn[~np.isnan(drawn)]
        if alpha is not None and len(drawn):
            tail = (1 - confidence) / 2
            low, high = (float(q) for q in np.quantile(drawn, [tail, 1 - tail]))
    return Agreement(
        question=question.name,
        level=level,
        alpha=alpha,
        low=low,
        high=high,
        units=units,
        answers=int(pairable.sum()),
        observed=observed,
    )


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def unit_coincidences(counts: Floats) -> Floats:
    """``(units, values, values)`` from ``(units, values)`` counts, two and more in every row.

    Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: a pair of answers
    in a unit of m answers counts 1 / (m - 1).
    """
    answers = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    values = np.arange(counts.shape[1])
    pairs[:, values, values] -= counts
    result: Floats = pairs / (answers - 1)[:, None, None]
    return result


def krippendorff(coincidences: Floats, level: str) -> Floats:
    """Alpha of each ``(values, values)`` matrix in a stack; NaN where all answers are the same.

    1 - (n - 1) Σ o_ck δ²_ck / Σ n_c n_k δ²_ck (Krippendorff 2011, section E), where δ² is 0 or 1
    for ``nominal`` and (Σ_{g=c..k} n_g - (n_c + n_k) / 2)² for ``ordinal``, values in order.
    """
    marginals = coincidences.sum(axis=2)
    size = marginals.shape[1]
    if level == "ordinal":
        # Middle of a value's block of ranks: the sum from c to k less the halves at both ends.
        middle = np.cumsum(marginals, axis=1) - marginals / 2
        distance = (middle[:, :, None] - middle[:, None, :]) ** 2
    else:
        distance = np.broadcast_to(1.0 - np.eye(size), coincidences.shape)
    observed = (coincidences * distance).sum(axis=(1, 2))
    expected = (marginals[:, :, None] * marginals[:, None, :] * distance).sum(axis=(1, 2))
    total = marginals.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha: Floats = 1 - (total - 1) * observed / expected
    return np.where(expected > 0, alpha, np.nan)
