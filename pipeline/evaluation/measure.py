"""All metrics of a set of judged passages, with intervals, as a nested mapping."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.codebook import STANCES, Codebook
from pipeline.evaluation import metrics
from pipeline.evaluation.bootstrap import (
    family_totals,
    percentile_interval,
    resampled_families,
    resampled_totals,
)
from pipeline.evaluation.judged import ABSENT, NOT_JUDGED, Borderline, Judged
from pipeline.evaluation.metrics import Float

# The stances whose F1 are averaged into the stance F1; neutral and absent are their negatives.
POLES = ("against", "favour")
# Fewest positives for an interval. With two positives, both found, every resample gives 1 and the
# interval would be 1 to 1.
FEWEST_POSITIVES = 5
# Resamples per block; memory use does not grow with the number of resamples.
_BLOCK = 500

Figures = dict[tuple[str, ...], Float]


@dataclass(frozen=True)
class Bootstrap:
    """``samples`` resamples of families; intervals span the central ``confidence`` share."""

    samples: int
    confidence: float
    rng: np.random.Generator


def measure(judged: Judged, codebook: Codebook, bootstrap: Bootstrap) -> dict[str, Any]:
    """All metrics of these passages.

    Keys: metrics by name, each with ``<name>_interval`` (``low``, ``high``) if resampled; the same
    per code under ``frames`` and ``targets``; the frame metrics with borderline passages counted as
    present and as absent under ``borderline_as_present`` and ``borderline_as_absent``. Undefined
    values are None.
    """
    result: dict[str, Any] = {"passages": len(judged), "families": judged.families}
    everything = np.ones((1, judged.families))
    for borderline in Borderline:
        part = result
        if borderline is not Borderline.left_out:
            part = result.setdefault(f"borderline_{borderline.value}", {})
        for path, values in frame_figures(judged, codebook, everything, borderline).items():
            _put(part, path, _number(values[0]))
    for path, values in stance_figures(judged, codebook, everything).items():
        _put(result, path, _number(values[0]))
    _add_support(result, judged, codebook)
    for path, values in _resampled(judged, codebook, bootstrap).items():
        interval = percentile_interval(values, bootstrap.confidence)
        if interval is not None and _positives(result, path) >= FEWEST_POSITIVES:
            _put(result, (*path[:-1], f"{path[-1]}_interval"), interval._asdict())
    _add_calibration(result, judged, codebook)
    return result


def frame_figures(
    judged: Judged, codebook: Codebook, weights: Float, borderline: Borderline
) -> Figures:
    """Metrics of the frames, each ``(samples,)``, from ``(samples, families)`` weights.

    Macro F1, core F1 and mAP are means over the frames present in at least one passage.
    """
    truth, counted = judged.truth(borderline)
    per_row = metrics.confusion_counts(truth, judged.predicted, counted)
    counts = resampled_totals(weights, family_totals(per_row, judged.family, judged.families))
    of_rows = weights[:, judged.family]
    scores = metrics.f1(counts)
    precision = np.full(scores.shape, np.nan)
    for j in range(scores.shape[1]):
        rows = np.flatnonzero(counted[:, j])
        precision[:, j] = metrics.average_precision(
            truth[rows, j], judged.probability[rows, j], of_rows[:, rows]
        )
    core = [j for j, frame in enumerate(codebook.frames) if frame.core]
    figures: Figures = {
        ("f1_macro",): metrics.mean_of_defined(scores),
        ("f1_micro",): metrics.f1(counts.sum(axis=1)),
        ("map",): metrics.mean_of_defined(precision),
    }
    if core:
        figures["f1_core",] = metrics.mean_of_defined(scores[:, core])
    for j, code in enumerate(codebook.frame_codes):
        figures["frames", code, "precision"] = metrics.precision(counts[:, j])
        figures["frames", code, "recall"] = metrics.recall(counts[:, j])
        figures["frames", code, "f1"] = scores[:, j]
        figures["frames", code, "average_precision"] = precision[:, j]
    return figures


def stance_figures(judged: Judged, codebook: Codebook, weights: Float) -> Figures:
    """F1 of the poles, pooled over all (passage, target) cells and per target; ``stance_f1`` is
    their mean. Empty for a codebook without targets."""
    if not codebook.targets:
        return {}
    figures: Figures = {}
    by_pole = []
    for pole in POLES:
        number = STANCES.index(pole)
        per_row = metrics.confusion_counts(
            judged.stance == number, judged.predicted_stance == number, judged.stance != NOT_JUDGED
        )
        totals = family_totals(per_row, judged.family, judged.families)
        by_pole.append(resampled_totals(weights, totals))
    pooled = [metrics.f1(counts.sum(axis=1)) for counts in by_pole]
    figures["stance_f1",] = metrics.mean_of_defined(np.stack(pooled, axis=-1))
    for pole, values in zip(POLES, pooled, strict=True):
        figures[f"stance_f1_{pole}",] = values
    for t, code in enumerate(codebook.target_codes):
        of_target = [metrics.f1(counts[:, t]) for counts in by_pole]
        figures["targets", code, "f1"] = metrics.mean_of_defined(np.stack(of_target, axis=-1))
        for pole, values in zip(POLES, of_target, strict=True):
            figures["targets", code, f"f1_{pole}"] = values
    return figures


def _resampled(judged: Judged, codebook: Codebook, bootstrap: Bootstrap) -> Figures:
    """The metrics of every resample; empty for a single family, which cannot vary."""
    if judged.families < 2:
        return {}
    weights = resampled_families(judged.families, bootstrap.samples, bootstrap.rng)
    blocks: list[Figures] = []
    for start in range(0, len(weights), _BLOCK):
        block = weights[start : start + _BLOCK]
        blocks.append(
            frame_figures(judged, codebook, block, Borderline.left_out)
            | stance_figures(judged, codebook, block)
        )
    return {path: np.concatenate([block[path] for block in blocks]) for path in blocks[0]}


def _add_calibration(result: dict[str, Any], judged: Judged, codebook: Codebook) -> None:
    """Adds calibration metrics; borderline cells are left out, stances are counted per output."""
    truth, counted = judged.truth(Borderline.left_out)
    _put_calibration(result, (), truth[counted], judged.probability[counted])
    for j, code in enumerate(codebook.frame_codes):
        rows = counted[:, j]
        _put_calibration(result, ("frames", code), truth[rows, j], judged.probability[rows, j])
    if codebook.targets:
        cells = judged.stance != NOT_JUDGED
        shown = judged.stance[cells][:, None] == np.arange(len(STANCES))
        probability = judged.stance_probability[cells]
        _put_calibration(result, ("stance",), shown.ravel(), probability.ravel())


def _put_calibration(
    result: dict[str, Any], path: tuple[str, ...], truth: metrics.Mask, probability: Float
) -> None:
    target = truth.astype(np.float64)
    error = metrics.calibration_error(target, probability)
    _put(result, (*path, "calibration_error"), _number(error))
    _put(result, (*path, "brier"), _number(metrics.brier(target, probability)))


def _add_support(result: dict[str, Any], judged: Judged, codebook: Codebook) -> None:
    """Adds the number of passages behind each metric."""
    for j, code in enumerate(codebook.frame_codes):
        answered = judged.answered[:, j]
        present = int(judged.present[:, j].sum())
        borderline = int(judged.borderline[:, j].sum())
        support = {
            "present": present,
            "borderline": borderline,
            "absent": int(answered.sum()) - present - borderline,
            "said_present": int((judged.predicted[:, j] & answered).sum()),
        }
        _put(result, ("frames", code, "support"), support)
    for t, code in enumerate(codebook.target_codes):
        cells = judged.stance[:, t]
        support = {word: int((cells == k).sum()) for k, word in enumerate(STANCES)}
        support["absent"] = int((cells == ABSENT).sum())
        _put(result, ("targets", code, "support"), support)


def _positives(result: dict[str, Any], path: tuple[str, ...]) -> float:
    """The number of positives behind a metric of one frame or target; infinite for pooled ones."""
    if len(path) == 1:
        return math.inf
    support = result[path[0]][path[1]]["support"]
    if path[0] == "frames":
        return float(support["present"])
    return float(sum(support[pole] for pole in POLES if path[2] in ("f1", f"f1_{pole}")))


def _put(result: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for key in path[:-1]:
        result = result.setdefault(key, {})
    result[path[-1]] = value


def _number(value: float) -> float | None:
    """NaN becomes None, since JSON has no NaN."""
    return None if math.isnan(value) else float(value)
