"""Learning curve: F1 on an external coded file by number of training passages.

    python benchmarks/learning_curve.py CODED.jsonl [-o FOLDER] [--parts A,B+C,…] [--seeds N]

Trains tfidf, a probe on the frozen E5, and their average on growing random shares of the posts in
``labels/``; a tenth of each share is used for calibration. With ``--parts`` the steps are named
files of ``labels/texts`` instead, each added to those before. Writes ``learning_curve.csv`` and a
figure, and prints the table. Takes about five minutes on two cores.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import altair as alt
import numpy as np
import polars as pl

from pipeline import codebook as codebooks
from pipeline.annotation import adjudication, store
from pipeline.datasets import coded_jsonl
from pipeline.datasets.labeled_passages import LabeledPassages, labeled_passages
from pipeline.evaluation import evaluate_predictions
from pipeline.io.progress import on_stderr
from pipeline.models.base import Matrix
from pipeline.models.calibration import fit_calibration
from pipeline.models.encoder.backbones import load_backbone
from pipeline.models.encoder.encoding import encode, features
from pipeline.models.encoder.probe import fit_probe
from pipeline.models.ensemble import EnsembleModel, shares_of
from pipeline.models.linear.tfidf import TfidfRecipe
from pipeline.models.predictions import Predictions, decide
from pipeline.models.thresholds import fit_thresholds

SIZES = (250, 500, 1000, 2000, 3000, 4000)
TFIDF = TfidfRecipe(
    word_ngrams=2, character_ngrams=5, min_documents=2, inverse_regularisation=4.0, context="both"
)
PROBE_INVERSE_REGULARISATION = 0.01
LABELS = Path("labels")


class Curve:
    """The corpus and the external file with their E5 vectors."""

    def __init__(self, outside: Path) -> None:
        self.codebook = codebooks.load(LABELS / "codebook.yaml")
        self.texts = store.read_texts(LABELS / "texts")
        annotations = store.read(
            texts=LABELS / "texts",
            annotations=LABELS / "annotations",
            coders=LABELS / "coders.yaml",
            codebook=self.codebook,
        )
        rows = self.texts.with_columns(paragraph_id="passage_id", family="passage_id")
        labels = adjudication.majority(annotations, self.codebook)
        self.corpus = labeled_passages(rows, labels, self.codebook)
        self.outside = coded_jsonl.read(outside, self.codebook)
        self.posts = self.corpus.passages["post"].to_numpy()
        backbone = load_backbone("packaged_e5", "multilingual-e5-small", "passage: ", "mean", 192)
        self.vectors = features(backbone, encode(backbone, self.corpus.passages), on_stderr)
        self.outside_vectors = features(backbone, encode(backbone, self.outside.passages))

    def judge(self, rows: Sequence[int], seed: int) -> Iterator[tuple[str, dict[str, float]]]:
        """The metrics of each model trained on these rows of the corpus."""
        held = self._calibration_rows(rows, seed)
        own, apart = np.setdiff1d(rows, held), np.asarray(held)
        train, dev = self.corpus.take(own), self.corpus.take(apart)
        model = TFIDF.fit(train, dev)
        heads = fit_probe(self.vectors[own], train.soft, train.asked, PROBE_INVERSE_REGULARISATION)
        on_dev = [model.probabilities(dev.passages), heads.probabilities(self.vectors[apart])]
        on_outside = [
            model.probabilities(self.outside.passages),
            heads.probabilities(self.outside_vectors),
        ]
        fits = [fit_calibration(p, dev.soft, dev.asked) for p in on_dev]
        both = EnsembleModel([], fits, shares_of([1.0, 1.0], on_dev))
        on_dev.append(both.combine(on_dev))
        on_outside.append(both.combine(on_outside))
        for name, inside, there in zip(("tfidf", "probe", "both"), on_dev, on_outside, strict=True):
            yield name, self._figures(inside, there, dev)

    def _calibration_rows(self, rows: Sequence[int], seed: int) -> list[int]:
        posts = np.unique(self.posts[rows])
        chosen = np.random.default_rng(seed).permutation(posts)[: max(1, len(posts) // 10)]
        return [row for row in rows if self.posts[row] in set(chosen)]

    def _figures(self, inside: Matrix, there: Matrix, dev: LabeledPassages) -> dict[str, float]:
        calibration = fit_calibration(inside, dev.soft, dev.asked)
        thresholds = fit_thresholds(
            calibration.apply(inside), dev.soft, dev.asked, self.codebook.columns_by_kind
        )
        probabilities = calibration.apply(there)
        answers = Predictions(probabilities, decide(probabilities, thresholds, self.codebook))
        found = evaluate_predictions(
            answers, self.outside, self.codebook,
            samples=10, confidence=0.95, rng=np.random.default_rng(0), domain="outside",
        )  # fmt: skip
        overall = found.metrics["overall"]
        return {name: float(overall[name]) for name in FIGURES}


FIGURES = ("f1_macro", "f1_core", "map", "stance_f1")


def steps(curve: Curve, parts: str | None, seeds: int) -> Iterator[tuple[str, int, list[int]]]:
    """The name, seed and rows of each step."""
    if parts is not None:
        names = pl.DataFrame(
            {"post": curve.posts, "row": np.arange(len(curve.posts))}
        ).with_columns(part=pl.col("post").str.replace(r"-[^-]*$", ""))
        taken: list[str] = []
        for step in parts.split(","):
            taken += step.split("+")
            rows = names.filter(pl.col("part").is_in(taken))["row"].to_list()
            for seed in range(seeds):
                yield step, seed, rows
        return
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(np.unique(curve.posts))
        place = {post: i for i, post in enumerate(order)}
        rows = sorted(range(len(curve.posts)), key=lambda row: (place[curve.posts[row]], row))
        for size in (*(s for s in SIZES if s < len(rows)), len(rows)):
            yield str(size), seed, rows[:size]


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("coded", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("build/learning_curve"))
    parser.add_argument("--parts")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(argv)
    curve = Curve(options.coded)
    rows = [
        {"step": step, "passages": len(taken), "seed": seed, "model": model, **figures}
        for step, seed, taken in steps(curve, options.parts, options.seeds)
        for model, figures in curve.judge(taken, seed)
    ]
    table = pl.DataFrame(rows)
    options.output.mkdir(parents=True, exist_ok=True)
    table.write_csv(options.output / "learning_curve.csv")
    mean = table.group_by("step", "passages", "model", maintain_order=True).agg(
        pl.col(FIGURES).mean().round(3)
    )
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        sys.stdout.write(f"{mean}\n")
    chart = (
        alt.Chart(mean.to_pandas())
        .mark_line(point=True)
        .encode(
            x=alt.X("passages:Q", title="Training passages"),
            y=alt.Y(
                "f1_macro:Q", title="Macro F1 on the external file", scale=alt.Scale(zero=False)
            ),
            color=alt.Color("model:N", title="Model"),
        )
        .properties(width=480, height=300)
    )
    for ending in ("png", "svg"):
        chart.save(options.output / f"learning_curve.{ending}")


if __name__ == "__main__":
    main(sys.argv[1:])
