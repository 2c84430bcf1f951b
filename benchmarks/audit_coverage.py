"""Coverage of the intervals of `annotate audit`, in a simulation with known shares.

    python -m benchmarks.audit_coverage [--repetitions N] [--population N]

In a population of passages a known share has a frame; a model finds it with a known sensitivity and
false alarm rate; people code a random sample, part of it drawn with certainty. Prints for each
estimate of the share, and for F1, how often the 95% interval contained the true value, its mean
width, and the mean error of the estimate (bias).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation import survey
from pipeline.evaluation.intervals import wilson
from pipeline.evaluation.survey import Share
from pipeline.io import markdown


@dataclass(frozen=True)
class Case:
    """``certain`` passages are coded with certainty, like those coded before the sample."""

    share: float
    sensitivity: float
    false_alarms: float
    coded: int
    certain: int = 0


CASES = tuple(
    Case(share, sensitivity, false_alarms, coded, certain)
    for share in (0.3, 0.05, 0.01)
    for sensitivity, false_alarms in ((0.9, 0.02), (0.6, 0.05))
    for coded, certain in ((100, 0), (300, 0), (300, 100))
)
WAYS = ("the model alone", "people alone", "corrected", "F1")


@dataclass
class Tally:
    held: int = 0
    width: float = 0.0
    off: float = 0.0
    times: int = 0

    def add(self, found: Share | None, truth: float) -> None:
        if found is None:
            return
        self.times += 1
        self.held += found.low - 1e-12 <= truth <= found.high + 1e-12
        self.width += found.high - found.low
        self.off += found.share - truth


def simulate(case: Case, population: int, repetitions: int, seed: int) -> dict[str, Tally]:
    """Tallies of intervals, over repetitions with new population, decisions and sample."""
    rng = np.random.default_rng([seed, *np.frombuffer(repr(case).encode(), np.uint8)])
    names = [str(i) for i in range(population)]
    tallies = {way: Tally() for way in WAYS}
    for _ in range(repetitions):
        y = (rng.random(population) < case.share).astype(float)
        says = rng.random(population) < np.where(y == 1, case.sensitivity, case.false_alarms)
        f = says.astype(float)
        drawn = rng.choice(population - case.certain, case.coded, replace=False) + case.certain
        inclusion = {names[i]: 1.0 for i in range(case.certain)}
        p = case.coded / (population - case.certain)
        inclusion |= {names[i]: p for i in drawn}
        design = survey.strata(inclusion, population, inclusion)
        coded = {key: float(y[int(key)]) for key in inclusion}
        predicted = {key: float(f[int(key)]) for key in inclusion}
        share, truth = float(f.mean()), float(y.mean())
        tallies["the model alone"].add(Share(share, *wilson(float(f.sum()), population)), truth)
        tallies["people alone"].add(survey.by_people(design, coded), truth)
        tallies["corrected"].add(survey.corrected(design, coded, predicted, share), truth)
        if y.sum() + f.sum():
            of_truth = float(2 * (y * f).sum() / (y.sum() + f.sum()))
            tallies["F1"].add(survey.f1(design, coded, predicted, share), of_truth)
    return tallies


def rows(population: int, repetitions: int) -> Iterator[list[str]]:
    for case in CASES:
        tallies = simulate(case, population, repetitions, seed=13)
        described = [
            f"{case.share:.0%}", f"{case.sensitivity:.1f}", f"{case.false_alarms:.2f}",
            f"{case.coded} + {case.certain}",
        ]  # fmt: skip
        figures = []
        for way in WAYS:
            found, n = tallies[way], max(tallies[way].times, 1)
            figures += [f"{found.held / n:.3f}", f"{found.width / n:.3f}", f"{found.off / n:+.3f}"]
        yield described + figures


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--population", type=int, default=5000)
    given = parser.parse_args(words)
    header = ["share", "sensitivity", "false alarms", "coded"]
    for way in WAYS:
        header += [f"{way}: held", "width", "bias"]
    for line in markdown.lines(header, list(rows(given.population, given.repetitions))):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
