"""Comparison of recipes of fine-tuning inside the default ensemble.

    python -m benchmarks.recipes CODED.jsonl default focal_loss train.head_start=random
        [--seeds 13,14,15] [--run build] [-o runs/recipes]

A recipe is the name of a file in ``configs/experiment/``, or one setting of ``train`` as typed on
the command line. Of the ensemble in ``RUN/model`` only the encoder is retrained, with each recipe
and seed, on RUN's train fold; the other members do not change. The members are combined, calibrated
and given thresholds on RUN's dev fold, as in training. Frozen layers are computed once. Each result
is stored in ``OUT/DOMAIN/RECIPE-SEED`` and not repeated; ``rhetoric compare`` can read it. Prints
mean metrics on the run's test fold and on CODED, and the paired difference of each recipe from the
first with its 95% interval over passages and seeds.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from benchmarks.ablation import DEFAULT, Trained, members_of
from pipeline.codebook import Codebook
from pipeline.config import Config, components, compose
from pipeline.config.run_folder import Tables
from pipeline.datasets import coded_jsonl
from pipeline.datasets.labeled_passages import LabeledPassages, labeled_passages
from pipeline.errors import InputError
from pipeline.evaluation import Evaluation, evaluate_predictions
from pipeline.evaluation.comparison import systems
from pipeline.evaluation.comparison.paired import Difference, compare
from pipeline.evaluation.comparison.systems import System
from pipeline.io import files
from pipeline.models.base import Fitted, Matrix, Recipe
from pipeline.models.classifier import Classifier, train_classifier
from pipeline.models.encoder.fine_tuning import FineTuningRecipe
from pipeline.models.encoder.frozen_layers import FrozenLayerCache
from pipeline.models.ensemble import EnsembleRecipe
from pipeline.models.sentence_pooling import SentencePoolingRecipe

FIGURES = ("f1_macro", "f1_core", "f1_micro", "map", "stance_f1")
JUDGED = ("f1_macro", "stance_f1")  # metrics whose differences are shown
SAMPLES = 1000


@dataclass(frozen=True)
class CachedMember:
    """A member that does not change, with cached outputs per table."""

    kind: ClassVar[str] = "remembered"

    member: Fitted
    outputs: dict[bytes, Matrix] = field(default_factory=dict)

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        key = passages.hash_rows().to_numpy().tobytes()
        if key not in self.outputs:
            self.outputs[key] = self.member.probabilities(passages)
        return self.outputs[key]

    def save(self, folder: Path) -> None:
        raise NotImplementedError("only judged, never kept")

    @classmethod
    def load(cls, folder: Path) -> CachedMember:
        raise NotImplementedError("only judged, never kept")


@dataclass(frozen=True)
class Bench:
    """The data and settings common to all recipes."""

    at: Tables
    codebook: Codebook
    train: LabeledPassages
    dev: LabeledPassages
    judged: dict[str, LabeledPassages]
    rest: dict[str, Recipe]
    frozen_cache: FrozenLayerCache

    @classmethod
    def of(cls, run: Path, coded: Path) -> Bench:
        at = Tables(run)
        shipped = Classifier.load(at.model)
        corpus = labeled_passages(
            files.read_parquet(at.paragraphs), files.read_parquet(at.labels), shipped.codebook
        )
        folds = files.read_parquet(at.folds)
        members = members_of(shipped)
        return cls(
            at,
            shipped.codebook,
            corpus.of_fold(folds, "train"),
            corpus.of_fold(folds, "dev"),
            {
                "in-domain": corpus.of_fold(folds, "test"),
                coded.name: coded_jsonl.read(coded, shipped.codebook),
            },
            {
                kind: Trained(CachedMember(member))
                for kind, member in members.items()
                if kind != "transformer"
            },
            FrozenLayerCache(max_sets=4),
        )

    def learn(self, config: Config) -> Classifier:
        book = self.at.model / "codebook.yaml"
        encoder = components.recipe(config, self.codebook)
        assert isinstance(encoder, FineTuningRecipe)
        members = {"transformer": replace(encoder, frozen_cache=self.frozen_cache), **self.rest}
        ensemble = EnsembleRecipe(members, [1.0] * len(members))
        return train_classifier(
            SentencePoolingRecipe(ensemble, *DEFAULT),
            train=self.train,
            dev=self.dev,
            codebook_path=book,
        )

    def judge(self, classifier: Classifier, domain: str) -> Evaluation:
        return evaluate_predictions(
            classifier.answer(self.judged[domain].passages), self.judged[domain],
            classifier.codebook, samples=SAMPLES, confidence=0.95,
            rng=np.random.default_rng(0), domain=domain,
        )  # fmt: skip


def settings_of(recipe: str, seed: int) -> Config:
    """The settings of the encoder with this recipe; raises InputError if it sets anything but
    training."""
    words = [] if recipe == "default" else [recipe if "=" in recipe else f"experiment={recipe}"]
    alone = ["model=transformer", "model.sentences.share=0", f"seed={seed}"]
    plain, config = compose(alone), compose([*alone, *words])
    if replace(config, train=plain.train) != plain:
        raise InputError(f"{recipe}: sets more than train; `python -m benchmarks.ablation` may do")
    return config


def keep(evaluation: Evaluation, codebook: Path, folder: Path) -> None:
    """Write the files that `rhetoric compare` reads, atomically."""
    unfinished = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    shutil.copyfile(codebook, unfinished / "codebook.yaml")
    files.write_parquet(unfinished / "predictions.parquet", evaluation.predictions)
    files.write_parquet(unfinished / "slices.parquet", evaluation.slices)
    files.write_json(unfinished / "metrics.json", evaluation.metrics)
    unfinished.rename(folder)


def row(
    recipe: str, folders: Sequence[Path], first: Sequence[Path], baseline: str
) -> dict[str, Any]:
    """A row of means over seeds and differences from the first recipe."""
    metrics = [files.read_json(folder / "metrics.json") for folder in folders]
    shown: dict[str, Any] = {"recipe": recipe, "seeds": len(folders)}
    for figure in FIGURES:
        shown[figure] = f"{np.mean([m['overall'][figure] for m in metrics]):.3f}"
    for language in metrics[0]["by_language"]:
        values = [m["by_language"][language]["f1_micro"] for m in metrics]
        shown[f"f1_micro_{language}"] = f"{np.mean(values):.3f}"
    found: dict[str, Difference] = {}
    if recipe != baseline:
        compared = compare(
            System(baseline, tuple(systems.read(at, at.name) for at in first)),
            System(recipe, tuple(systems.read(at, at.name) for at in folders)),
            samples=SAMPLES, confidence=0.95, rng=np.random.default_rng(0),
        )  # fmt: skip
        found = {difference.figure: difference for difference in compared.headline}
    for figure in JUDGED:
        shown[f"{figure} against {baseline}"] = _formatted(found.get(figure))
    return shown


def _formatted(difference: Difference | None) -> str:
    if difference is None or difference.difference is None or difference.interval is None:
        return "–"
    interval = difference.interval
    return f"{difference.difference:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("coded", type=Path)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--seeds", default="13")
    parser.add_argument("--run", type=Path, default=Path("build"))
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/recipes"))
    options = parser.parse_args(argv)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    configs = {
        (recipe, seed): settings_of(recipe, seed) for seed in seeds for recipe in options.recipes
    }
    bench = Bench.of(options.run, options.coded)

    def places(recipe: str, domain: str) -> list[Path]:
        return [options.output / domain / f"{recipe}-{seed}" for seed in seeds]

    for (recipe, seed), config in configs.items():
        folders = {domain: options.output / domain / f"{recipe}-{seed}" for domain in bench.judged}
        if all(folder.is_dir() for folder in folders.values()):
            continue
        started = time.perf_counter()
        classifier = bench.learn(config)
        for domain, folder in folders.items():
            if not folder.is_dir():
                keep(bench.judge(classifier, domain), bench.at.model / "codebook.yaml", folder)
        sys.stderr.write(f"{recipe}, seed {seed}: {time.perf_counter() - started:.0f} s\n")
    baseline = options.recipes[0]
    for domain in bench.judged:
        rows = [
            row(recipe, places(recipe, domain), places(baseline, domain), baseline)
            for recipe in options.recipes
        ]
        with pl.Config(
            tbl_rows=-1, tbl_cols=-1, tbl_width_chars=250, fmt_str_lengths=60,
            tbl_formatting="MARKDOWN", tbl_hide_dataframe_shape=True,
            tbl_hide_column_data_types=True,
        ):  # fmt: skip
            sys.stdout.write(f"{domain}\n{pl.DataFrame(rows)}\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
