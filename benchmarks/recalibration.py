"""Gain of `rhetoric recalibrate` by number of coded passages of a channel.

    python benchmarks/recalibration.py CODED.jsonl --model DIR [-o FOLDER] [--seeds N]

The file's families are randomly divided into halves; the model is recalibrated on growing samples
of one half and evaluated on the other, and vice versa. The weights do not change, so each passage
is scored once. Prints macro F1 and stance F1 compared with the shipped fit, and writes
``recalibration.csv`` and a figure. Takes a minute on one core, in addition to scoring the file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import altair as alt
import numpy as np
import polars as pl

from pipeline.codebook import Codebook
from pipeline.datasets import coded_jsonl
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.evaluation.judged import judged
from pipeline.evaluation.slices import slice_figures
from pipeline.models.base import Matrix
from pipeline.models.classifier import Classifier
from pipeline.models.recalibration import Refit, refit

SIZES = (25, 50, 100, 150, 200)
FIGURES = {"f1_macro": "Macro F1", "stance_f1": "Stance F1"}


def halves(families: Sequence[str], rng: np.random.Generator) -> list[np.ndarray]:
    """The rows of two halves of the families, each in random order."""
    names = rng.permutation(np.unique(families))
    parts = (names[: len(names) // 2], names[len(names) // 2 :])
    return [rng.permutation(np.flatnonzero(np.isin(families, part))) for part in parts]


def figures(
    fit: Refit, raw: Matrix, coded: LabeledPassages, codebook: Codebook
) -> dict[str, float]:
    cells = judged(fit.answers(raw, codebook), coded, codebook)
    found = slice_figures(cells, codebook, np.ones((1, cells.families)))
    return {name: float(found[name,][0]) for name in FIGURES if (name,) in found}


def curve(
    classifier: Classifier, coded: LabeledPassages, seeds: int
) -> Iterator[dict[str, object]]:
    """One row per seed, half, size and metric: the local fit's value minus the shipped fit's."""
    raw = classifier.fitted.probabilities(coded.passages)
    shipped = Refit(classifier.calibration, classifier.thresholds)
    book = classifier.codebook
    for seed in range(seeds):
        parts = halves(coded.families, np.random.default_rng(seed))
        for half, (own, other) in enumerate((parts, parts[::-1])):
            judged_on = coded.take(other)
            before = figures(shipped, raw[other], judged_on, book)
            for size in SIZES:
                if size > len(own):
                    continue
                sample = own[:size]
                fitted = refit(raw[sample], coded.take(sample), shipped, book)
                for name, value in figures(fitted, raw[other], judged_on, book).items():
                    yield {
                        "seed": seed, "half": half, "passages": size, "figure": FIGURES[name],
                        "shipped": before[name], "local": value, "gain": value - before[name],
                    }  # fmt: skip


def picture(table: pl.DataFrame) -> alt.LayerChart | alt.FacetChart:
    base = alt.Chart(table.to_pandas())
    x = alt.X("passages:Q", title="Coded passages of the channel")
    color = alt.Color("figure:N", title=None)
    band = base.mark_area(opacity=0.2).encode(
        x, alt.Y("low:Q", title="Gain over the shipped fit"), alt.Y2("high:Q"), color
    )
    line = base.mark_line(point=True).encode(x, alt.Y("gain:Q"), color)
    zero = alt.Chart(pl.DataFrame({"gain": [0.0]}).to_pandas()).mark_rule(strokeDash=[4, 3])
    title = alt.Title("Gain of recalibration", subtitle="Band: the central 80% of seeds and halves")
    return alt.layer(band, zero.encode(y="gain:Q"), line).properties(
        width=480, height=280, title=title
    )


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("coded", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, default=Path("build/recalibration"))
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args(argv)
    classifier = Classifier.load(options.model)
    rows = list(
        curve(classifier, coded_jsonl.read(options.coded, classifier.codebook), options.seeds)
    )
    table = pl.DataFrame(rows)
    options.output.mkdir(parents=True, exist_ok=True)
    table.write_csv(options.output / "recalibration.csv")
    summary = (
        table.group_by("figure", "passages", maintain_order=True)
        .agg(
            pl.col("shipped", "local", "gain").mean(),
            low=pl.col("gain").quantile(0.1),
            high=pl.col("gain").quantile(0.9),
            worse=(pl.col("gain") < 0).mean(),
        )
        .sort("figure", "passages")
    )
    with pl.Config(
        tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True,
        float_precision=3, tbl_formatting="ASCII_MARKDOWN",
    ):  # fmt: skip
        sys.stdout.write(f"{summary}\n")
    for ending in ("png", "svg"):
        picture(summary).save(options.output / f"recalibration.{ending}", scale_factor=2)


if __name__ == "__main__":
    main(sys.argv[1:])
