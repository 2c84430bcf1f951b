"""Simulation of annotation: F1 with passages chosen by the queue and at random.

    python benchmarks/queue_simulation.py [-o FOLDER] [--seeds N] [--start N] [--step N] …

Simulates an annotation campaign on the shipped corpus, whose labels are known: it starts with
random passages and adds a step of passages per round, chosen by ``annotate queue`` (with the
probabilities of the current n-gram model and the configured shares, with and without the
probability sample) or at random. After each round the model is retrained on all labelled passages
and evaluated on the frozen test passages. A quarter of the start, which is random under every
strategy, is used for calibration, since in chosen passages frames are not as common as in the
corpus. The pool has no near-duplicates of test passages. Writes ``queue_simulation.csv`` and a
figure, and prints the table. Takes about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import altair as alt
import numpy as np
import polars as pl

from pipeline import codebook as codebooks
from pipeline import splits
from pipeline.annotation import adjudication, store
from pipeline.annotation.queue import Pool, Shares, choose
from pipeline.annotation.queue.disputes import disputes
from pipeline.annotation.queue.selection import missing_examples
from pipeline.config import Config, compose
from pipeline.datasets.labeled_passages import LabeledPassages, labeled_passages
from pipeline.evaluation import evaluate_predictions
from pipeline.models.base import Matrix
from pipeline.models.calibration import fit_calibration
from pipeline.models.linear.tfidf import TfidfRecipe
from pipeline.models.predictions import Predictions, decide
from pipeline.models.thresholds import fit_thresholds
from pipeline.text.near_duplicates import families

Model = Callable[[pl.DataFrame], Matrix]
LABELS = Path("labels")
TFIDF = TfidfRecipe(
    word_ngrams=2, character_ngrams=5, min_documents=2, inverse_regularisation=4.0, context="both"
)
FIGURES = ("f1_macro", "map", "stance_f1")
STRATEGIES = ("random", "queue", "queue without its sample")


class Campaign:
    """The corpus, divided into a pool to be labelled and the test passages."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.codebook = codebooks.load(LABELS / "codebook.yaml")
        texts = store.read_texts(LABELS / "texts")
        answers = store.read(
            texts=LABELS / "texts",
            annotations=LABELS / "annotations",
            coders=LABELS / "coders.yaml",
            codebook=self.codebook,
        )
        self.similarity = config.segment.family_similarity
        family = families(texts["text"].to_list(), similarity=self.similarity)
        rows = texts.with_columns(
            pl.Series("family", family, pl.String), paragraph_id="passage_id", post_id="post"
        )
        labels = adjudication.majority(answers, self.codebook)
        folds = splits.split(
            splits.Material(rows, labels, texts, self.codebook),
            splits.SplitSettings(0.0, 0.0, self.similarity),
            splits.read_frozen(LABELS / "test_passages.txt"),
            np.random.default_rng(0),
        ).folds
        coded = labeled_passages(rows, labels, self.codebook)
        self.pool, self.test = coded.of_fold(folds, "train"), coded.of_fold(folds, "test")

    def rounds(
        self, strategy: str, seed: int, start: int, step: int, rounds: int
    ) -> Iterator[tuple[int, dict[str, float]]]:
        """The number of labelled passages and the metrics of each round."""
        rng = np.random.default_rng(seed)
        labelled = rng.permutation(len(self.pool))[:start].tolist()
        apart = start // 4
        for number in range(rounds + 1):
            model, figures = self._learn(labelled, apart)
            yield len(labelled), figures
            if number == rounds:
                return
            if strategy == "random":
                left = np.setdiff1d(np.arange(len(self.pool)), labelled)
                labelled += rng.permutation(left)[:step].tolist()
            else:
                share = self.config.queue.sample if strategy == "queue" else 0.0
                on_pool = model(self.pool.passages)
                labelled += self._queue(labelled, on_pool, share, seed + number, step)

    def _queue(
        self, labelled: list[int], on_pool: Matrix, share: float, seed: int, size: int
    ) -> list[int]:
        questions = self.codebook.questions
        probability = np.stack(
            [on_pool[:, self.codebook.columns_of(q)].max(axis=1) for q in questions], axis=1
        ).astype(np.float64)
        ids = self.pool.passages["passage_id"].to_list()
        soft = self.pool.soft[labelled]
        given = {q.name: soft[:, self.codebook.columns_of(q)].max(axis=1) for q in questions}
        known = pl.DataFrame(
            [
                {"passage_id": ids[row], "question": q.name, "answer": self.pool.answers[row, i],
                 "soft": self.pool.soft[row, self.codebook.columns_of(q)].tolist()}
                for row in labelled for i, q in enumerate(questions) if self.pool.answers[row, i]
            ]
        )  # fmt: skip
        done = np.zeros(len(self.pool), np.bool_)
        done[labelled] = True
        settings = self.config.queue
        return list(
            choose(
                Pool(
                    self.pool.passages.select("passage_id", "text"), probability,
                    disputes(ids, [probability], known, self.codebook), done,
                    self.similarity, seed,
                ),
                Shares(share, settings.uncertain, settings.scarce, settings.disputed),
                size,
                missing_examples(
                    {name: int((share == 1).sum()) for name, share in given.items()},
                    [q.name for q in questions], settings.enough,
                ),
            ).reasons
        )  # fmt: skip

    def _learn(self, labelled: list[int], apart: int) -> tuple[Model, dict[str, float]]:
        """The model and its metrics on the test passages; the first ``apart`` are for
        calibration."""
        dev = self.pool.take(np.sort(labelled[:apart]))
        fitted = TFIDF.fit(self.pool.take(np.sort(labelled[apart:])), dev)
        on_dev = fitted.probabilities(dev.passages)
        calibration = fit_calibration(on_dev, dev.soft, dev.asked)
        thresholds = fit_thresholds(
            calibration.apply(on_dev), dev.soft, dev.asked, self.codebook.columns_by_kind
        )

        def model(passages: pl.DataFrame) -> Matrix:
            return calibration.apply(fitted.probabilities(passages))

        return model, self._figures(model(self.test.passages), thresholds, self.test)

    def _figures(
        self, probabilities: Matrix, thresholds: np.ndarray, test: LabeledPassages
    ) -> dict[str, float]:
        answers = Predictions(probabilities, decide(probabilities, thresholds, self.codebook))
        found = evaluate_predictions(
            answers, test, self.codebook,
            samples=10, confidence=0.95, rng=np.random.default_rng(0), domain="test",
        )  # fmt: skip
        return {name: float(found.metrics["overall"][name]) for name in FIGURES}


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("build/queue_simulation"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--start", type=int, default=400)
    parser.add_argument("--step", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("settings", nargs="*", help="such as queue.sample=0.1")
    options = parser.parse_args(argv)
    campaign = Campaign(compose(options.settings))
    rows = []
    for seed in range(options.seeds):
        for strategy in STRATEGIES:
            for labelled, figures in campaign.rounds(
                strategy, seed, options.start, options.step, options.rounds
            ):
                row = {"strategy": strategy, "seed": seed, "labelled": labelled, **figures}
                sys.stderr.write(f"{row}\n")
                rows.append(row)
    write(pl.DataFrame(rows), options.output)


def write(table: pl.DataFrame, folder: Path) -> None:
    """Write the rows, and print the means over seeds and plot them."""
    folder.mkdir(parents=True, exist_ok=True)
    table.write_csv(folder / "queue_simulation.csv")
    mean = table.group_by("labelled", "strategy", maintain_order=True).agg(
        pl.col(FIGURES).mean().round(3)
    )
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        for figure in FIGURES:
            by_strategy = mean.pivot("strategy", index="labelled", values=figure)
            sys.stdout.write(f"{figure}\n{by_strategy.sort('labelled')}\n")
    chart = (
        alt.Chart(mean)
        .mark_line(point=True)
        .encode(
            x=alt.X("labelled:Q", title="Passages labelled"),
            y=alt.Y("f1_macro:Q", title="Macro F1 on the test", scale=alt.Scale(zero=False)),
            color=alt.Color("strategy:N", title="Chosen by", sort=list(STRATEGIES)),
        )
        .properties(width=480, height=300)
    )
    for ending in ("png", "svg"):
        chart.save(folder / f"queue_simulation.{ending}")


if __name__ == "__main__":
    main(sys.argv[1:])
