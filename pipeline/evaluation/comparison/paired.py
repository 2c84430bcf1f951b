"""Is B better than A? Paired differences on the same test rows, with intervals and p-values.

Both systems are resampled and swapped in the same families, so that passages that are hard for both
cancel out. With several seeds per system, a metric is the mean over seeds, and seeds are resampled
like families: the conclusion is then about the setting rather than one training run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from pipeline.codebook import STANCE_PREFIX, STANCES, Codebook
from pipeline.evaluation.bootstrap import percentile_interval, resampled_families
from pipeline.evaluation.comparison.by_slice import SliceDifference, slice_differences
from pipeline.evaluation.comparison.changes import Change, changes
from pipeline.evaluation.comparison.systems import (
    System,
    check_comparable,
    same_folds,
    sorted_by_folds,
)
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.judged import Borderline, Judged
from pipeline.evaluation.measure import FEWEST_POSITIVES, POLES, frame_figures, stance_figures
from pipeline.evaluation.metrics import Float

HEADLINE = {
    "f1_macro": "Macro F1",
    "f1_core": "Core F1",
    "f1_micro": "Micro F1",
    "map": "Mean average precision",
    "stance_f1": "Stance F1",
}
SWAPS = 5_000
_BLOCK = 250
# Tolerance for rounding: sums in a different order differ in the last digits.
_EQUAL = 1e-12

Path = tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One metric of both systems; ``difference`` is other minus baseline.

    ``baseline_each`` and ``other_each`` are its values per seed. ``p`` is the p-value from
    approximate randomisation, ``adjusted`` that after Holm's correction (questions only). None
    means undefined; intervals are also None with too few positives.
    """

    figure: str
    name: str
    baseline_each: tuple[float, ...]
    other_each: tuple[float, ...]
    difference: float | None
    interval: Interval | None
    p: float | None
    adjusted: float | None = None
    positives: int | None = None

    @property
    def baseline(self) -> float:
        return float(np.mean(self.baseline_each))

    @property
    def other(self) -> float:
        return float(np.mean(self.other_each))


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison.

    ``headline`` and ``questions`` have one row per metric, ``slices`` one per part of the passages,
    ``changes`` one per passage and question on which the systems differ. ``same_folds`` is whether
    both were trained on the same passages.
    """

    baseline: str
    other: str
    seeds: int
    passages: int
    families: int
    domain: str
    codebook_version: str
    samples: int
    swaps: int
    confidence: float
    headline: list[Difference]
    questions: list[Difference]
    slices: list[SliceDifference]
    changes: list[Change]
    same_folds: bool = True

    @property
    def macro(self) -> Difference:
        """The difference in macro F1, which decides the comparison."""
        return next(row for row in self.headline if row.figure == "f1_macro")

    @property
    def better(self) -> bool:
        """Whether the interval of the difference in macro F1 is above 0."""
        return self.macro.interval is not None and self.macro.interval.low > 0


def compare(
    baseline: System,
    other: System,
    *,
    samples: int,
    confidence: float,
    rng: np.random.Generator,
    swaps: int = SWAPS,
) -> Comparison:
    """Compare ``other`` with ``baseline``; raises InputError if they are not comparable.

    Intervals are percentiles over ``samples`` resamples of families (and seeds). p-values come from
    ``swaps`` random exchanges of the two systems within families (Noreen 1989; Yeh 2000).
    """
    check_comparable(baseline, other)
    first = sorted_by_folds(baseline)[0]
    codebook = first.codebook
    pairs = [
        _stacked(mine.judged(), theirs.judged())
        for mine, theirs in zip(sorted_by_folds(baseline), sorted_by_folds(other), strict=True)
    ]
    families = pairs[0].families // 2
    each = [_figures_of_both(pair, codebook) for pair in pairs]
    intervals = _resampled(pairs, codebook, samples, rng)
    exchanged = _exchanged(pairs, codebook, swaps, rng)
    rows: dict[Path, Difference] = {}
    for path, name in _wanted(codebook).items():
        values = np.array([[mine[path][0], theirs[path][0]] for mine, theirs in each])
        difference = float((values[:, 1] - values[:, 0]).mean())
        positives = _positives(pairs[0], codebook, path)
        has_support = positives is None or positives >= FEWEST_POSITIVES
        rows[path] = Difference(
            figure=path[-1] if len(path) == 1 else _question(path),
            name=name,
            baseline_each=tuple(float(x) for x in values[:, 0]),
            other_each=tuple(float(x) for x in values[:, 1]),
            difference=None if math.isnan(difference) else difference,
            interval=percentile_interval(intervals[path], confidence)
            if has_support and families > 1
            else None,
            p=_p_value(difference, exchanged[path]),
            positives=positives,
        )
    return Comparison(
        baseline=baseline.name, other=other.name, seeds=len(pairs),
        passages=len(pairs[0]) // 2, families=families,
        domain=first.domain, codebook_version=codebook.version,
        samples=samples, swaps=swaps, confidence=confidence,
        headline=[row for path, row in rows.items() if len(path) == 1],
        questions=_adjusted([row for path, row in rows.items() if len(path) > 1]),
        slices=slice_differences(
            pairs, first.passage_ids, first.slices, codebook,
            samples=samples, confidence=confidence, rng=rng,
        ),
        changes=changes(baseline, other),
        same_folds=same_folds(baseline, other),
    )  # fmt: skip


def holm(values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values (1979), in the given order: the smallest is multiplied by
    m, the next by m − 1 and so on; results are non-decreasing and at most 1."""
    adjusted = [0.0] * len(values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return adjusted


def _adjusted(rows: list[Difference]) -> list[Difference]:
    tested = [row for row in rows if row.p is not None]
    adjusted = holm([row.p for row in tested if row.p is not None])
    of_figure = {row.figure: value for row, value in zip(tested, adjusted, strict=True)}
    return [replace(row, adjusted=of_figure.get(row.figure)) for row in rows]


def _p_value(difference: float, exchanged: Float) -> float | None:
    """The share of exchanges, counting the observed one, with a difference at least as large."""
    if math.isnan(difference):
        return None
    as_large = int((np.abs(exchanged) >= abs(difference) - _EQUAL).sum())
    return (1 + as_large) / (1 + len(exchanged))


def _stacked(mine: Judged, theirs: Judged) -> Judged:
    """Both systems as one set of rows and families, the second after the first, so that any mixture
    of the two is a row of weights."""
    rows: dict[str, Any] = {
        item.name: np.concatenate([getattr(mine, item.name), getattr(theirs, item.name)])
        for item in fields(Judged)
        if item.name not in ("family", "families")
    }
    family = np.concatenate([mine.family, theirs.family + mine.families])
    return Judged(**rows, family=family, families=mine.families + theirs.families)


def _figures(pair: Judged, codebook: Codebook, weights: Float) -> dict[Path, Float]:
    figures = frame_figures(pair, codebook, weights, Borderline.left_out)
    figures |= stance_figures(pair, codebook, weights)
    return {path: values for path, values in figures.items() if path in _wanted(codebook)}


def _figures_of_both(
    pair: Judged, codebook: Codebook
) -> tuple[dict[Path, Float], dict[Path, Float]]:
    everything = np.ones((1, pair.families // 2))
    return _of_both(pair, codebook, everything, np.zeros_like(everything))


def _of_both(
    pair: Judged, codebook: Codebook, own: Float, exchanged: Float
) -> tuple[dict[Path, Float], dict[Path, Float]]:
    """The metrics of each system if families count ``own`` times with its own decisions and
    ``exchanged`` times with those of the other system; both are ``(samples, families)``."""
    return (
        _figures(pair, codebook, np.hstack([own, exchanged])),
        _figures(pair, codebook, np.hstack([exchanged, own])),
    )


def _resampled(
    pairs: list[Judged], codebook: Codebook, samples: int, rng: np.random.Generator
) -> dict[Path, Float]:
    """``(samples,)`` differences, with families and seeds drawn with replacement."""
    drawn = resampled_families(pairs[0].families // 2, samples, rng)
    seeds = rng.multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), size=samples)
    return _differences(pairs, codebook, drawn, np.zeros_like(drawn), seeds / len(pairs))


def _exchanged(
    pairs: list[Judged], codebook: Codebook, swaps: int, rng: np.random.Generator
) -> dict[Path, Float]:
    """``(swaps,)`` differences after swapping each family's decisions with probability ½."""
    changed = rng.integers(0, 2, size=(swaps, pairs[0].families // 2)).astype(float)
    seeds = np.full((swaps, len(pairs)), 1 / len(pairs))
    return _differences(pairs, codebook, 1 - changed, changed, seeds)


def _differences(
    pairs: list[Judged], codebook: Codebook, own: Float, exchanged: Float, seeds: Float
) -> dict[Path, Float]:
    blocks: dict[Path, list[Float]] = {path: [] for path in _wanted(codebook)}
    for block in _blocks(len(own)):
        total: dict[Path, Float] = {}
        for j, pair in enumerate(pairs):
            mine, theirs = _of_both(pair, codebook, own[block], exchanged[block])
            for path in mine:
                part = seeds[block, j] * (theirs[path] - mine[path])
                total[path] = total[path] + part if path in total else part
        for path, values in total.items():
            blocks[path].append(values)
    return {path: np.concatenate(parts) for path, parts in blocks.items()}


def _blocks(rows: int) -> Iterator[slice]:
    """Slices of rows, so that memory does not grow with the number of resamples."""
    for start in range(0, rows, _BLOCK):
        yield slice(start, start + _BLOCK)


def _wanted(codebook: Codebook) -> dict[Path, str]:
    """The compared metrics and their display names."""
    found: dict[Path, str] = {
        (figure,): name
        for figure, name in HEADLINE.items()
        if not (figure == "f1_core" and not codebook.core_codes)
        and not (figure == "stance_f1" and not codebook.targets)
    }
    found |= {("frames", rule.code, "f1"): rule.display_name for rule in codebook.frames}
    found |= {
        ("targets", rule.code, "f1"): f"Stance: {rule.display_name}" for rule in codebook.targets
    }
    return found


def _question(path: Path) -> str:
    return path[1] if path[0] == "frames" else f"{STANCE_PREFIX}{path[1]}"


def _positives(pair: Judged, codebook: Codebook, path: Path) -> int | None:
    """The number of positive passages behind a question's metric; None for pooled metrics."""
    if len(path) == 1:
        return None
    rows = slice(0, len(pair) // 2)
    if path[0] == "frames":
        return int(pair.present[rows, codebook.frame_codes.index(path[1])].sum())
    poles = [STANCES.index(pole) for pole in POLES]
    return int(np.isin(pair.stance[rows, codebook.target_codes.index(path[1])], poles).sum())
