"""Coverage of the intervals of corrected shares, on randomly drawn passages.

    python benchmarks/prevalence.py CODED.jsonl --model DIR --source NAME [--draws N] [--scored N]

The file's passages of one ``source`` (a random sample of a channel) represent the channel. In each
draw, families are sampled with replacement: passages that count as scored and, for a local sample
of 50 to 200, passages that count as coded. Prints for each estimate of a frame's share how often
its 95% interval contained the share in the channel, on average over frames and for the worst frame,
and its width. Nothing is fitted; the model's decisions are used unchanged. The model must have its
error rates on dev.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.datasets import coded_jsonl
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError
from pipeline.evaluation import quantification
from pipeline.evaluation.intervals import wilson
from pipeline.models import error_rates
from pipeline.models.classifier import Classifier

LOCAL = (50, 100, 200)
Interval = tuple[float, float, float]


class Channel:
    """Coded passages that represent a channel, with the classifier's decisions."""

    def __init__(self, classifier: Classifier, coded: LabeledPassages) -> None:
        frames = [i for i, q in enumerate(classifier.codebook.questions) if not q.is_stance]
        questions = [classifier.codebook.questions[i] for i in frames]
        columns = [classifier.codebook.columns_of(question)[0] for question in questions]
        self.names = [question.name for question in questions]
        answers = classifier.answer(coded.passages)
        self.predicted = (answers.decisions[:, frames] == "present").astype(float)
        self.soft = coded.soft[:, columns].astype(float)
        self.shares = self.soft.mean(axis=0)
        names, numbers = np.unique(coded.families, return_inverse=True)
        self.members = [np.flatnonzero(numbers == i) for i in range(len(names))]

    def draw(self, least: int, rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
        """Rows of randomly drawn families, at least ``least``, and the name of each row's draw."""
        rows: list[int] = []
        drawn: list[str] = []
        while len(rows) < least:
            family = self.members[rng.integers(len(self.members))]
            drawn += [str(len(rows))] * len(family)
            rows += family.tolist()
        return np.array(rows), drawn


def intervals(
    channel: Channel,
    shipped: dict[str, error_rates.Rates],
    scored: int,
    rng: np.random.Generator,
) -> Iterator[tuple[str, int, Interval]]:
    """Method, frame, and share with interval, for one draw."""
    rows, drawn = channel.draw(scored, rng)
    samples = {size: channel.draw(size, rng) for size in LOCAL}
    for j, name in enumerate(channel.names):
        predicted = channel.predicted[rows, j]
        effect = design_effect(predicted, drawn)
        count, n = float(predicted.sum()), len(rows)
        low, high = wilson(count, n, effect)
        yield "as decided", j, (count / n, low, high)
        elsewhere = shipped.get(name)
        local: list[tuple[str, error_rates.Rates | None]] = [("corrected, no local sample", None)]
        for size, (own, family) in samples.items():
            rates = error_rates.measure_rates(
                channel.soft[own, j], channel.predicted[own, j], family
            )
            local.append((f"corrected, {size} local", rates))
        for way, rates in local:
            found = quantification.corrected(
                count, n, elsewhere=elsewhere, local=rates, design_effect=effect
            )
            if found is not None:
                yield way, j, (found.share, found.low, found.high)


def design_effect(predicted: np.ndarray, family: Sequence[str]) -> float:
    found = error_rates.clustered_rate(np.ones(len(predicted)), predicted, family)
    return 1.0 if found is None else len(predicted) / found[1]


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("coded", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--scored", type=int, default=200)
    options = parser.parse_args(argv)
    classifier = Classifier.load(options.model)
    shipped = error_rates.from_json(classifier.provenance.get("error_rates"))
    if not shipped:
        raise InputError(f"{options.model}: has no error rates; train it again")
    coded = coded_jsonl.read(options.coded, classifier.codebook)
    rows = np.flatnonzero((coded.passages["source"] == options.source).to_numpy())
    channel = Channel(classifier, coded.take(rows))
    held: dict[str, list[tuple[int, bool, float, float]]] = defaultdict(list)
    rng = np.random.default_rng(0)
    for _ in range(options.draws):
        for way, j, (share, low, high) in intervals(channel, shipped, options.scored, rng):
            truth = channel.shares[j]
            held[way].append((j, low <= truth <= high, high - low, abs(share - truth)))
    table = []
    for way, found in held.items():
        of_frame = [np.mean([x[1] for x in found if x[0] == j]) for j in range(len(channel.names))]
        table.append(
            {
                "share of a frame": way,
                "held": float(np.mean(of_frame)),
                "worst frame": float(min(of_frame)),
                "width": float(np.mean([x[2] for x in found])),
                "off by": float(np.mean([x[3] for x in found])),
            }
        )
    with pl.Config(
        tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True,
        float_precision=3, tbl_formatting="ASCII_MARKDOWN", fmt_str_lengths=40,
    ):  # fmt: skip
        sys.stdout.write(f"{len(rows)} passages of {options.source}, in {len(channel.members)} ")
        sys.stdout.write(f"families; {options.draws} draws\n{pl.DataFrame(table)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
