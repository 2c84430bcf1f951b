"""Ablation of a trained ensemble's members and of sentence pooling, on a coded file.

    python -m benchmarks.ablation CODED.jsonl [--run build]

The members of the classifier in ``RUN/model`` are not retrained. For every variant they are
combined again, and calibration and thresholds are fitted to the run's dev fold, as in training. So
differences come from the combination, not from another training. Takes about three minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.config.run_folder import Tables
from pipeline.datasets import coded_jsonl
from pipeline.datasets.labeled_passages import LabeledPassages, labeled_passages
from pipeline.errors import InputError
from pipeline.evaluation import evaluate_predictions
from pipeline.io import files
from pipeline.models.base import Fitted, Recipe
from pipeline.models.classifier import Classifier, train_classifier
from pipeline.models.encoder.cache import OutputCache
from pipeline.models.encoder.fine_tuning import FineTunedEncoder
from pipeline.models.ensemble import EnsembleModel, EnsembleRecipe
from pipeline.models.involved_stances import (
    Claim,
    InvolvedStancesModel,
    InvolvedStancesRecipe,
    claims_of,
)
from pipeline.models.sentence_pooling import SentencePoolingModel, SentencePoolingRecipe

DEFAULT = ("max", 0.5)  # pooling and weight of sentences
FIGURES = ("f1_macro", "f1_core", "map", "stance_f1")


@dataclass(frozen=True)
class Trained:
    """A recipe that returns a trained model."""

    fitted: Fitted

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> Fitted:
        return self.fitted


def members_of(classifier: Classifier) -> dict[str, Fitted]:
    """The members by kind; the encoder has a cache and reads each text once."""
    bag = classifier.fitted
    if isinstance(bag, InvolvedStancesModel):
        bag = bag.inner
    if not isinstance(bag, SentencePoolingModel) or not isinstance(bag.inner, EnsembleModel):
        raise InputError("the model is not an ensemble with sentence pooling; train the default")
    return {
        member.kind: replace(member, cache=OutputCache())
        if isinstance(member, FineTunedEncoder)
        else member
        for member in bag.inner.members
    }


def variants(members: dict[str, Fitted], claims: Sequence[Claim]) -> Iterator[tuple[str, Recipe]]:
    """The default, other kinds of pooling, without one part, and single members."""

    def whole(recipe: Recipe) -> Recipe:
        return InvolvedStancesRecipe(recipe, claims)

    every = combined(members)
    yield "default", whole(SentencePoolingRecipe(every, *DEFAULT))
    yield "any sentence", whole(SentencePoolingRecipe(every, "noisy_or", 0.67))
    yield "whole passages", whole(every)
    yield "without involved stances", SentencePoolingRecipe(every, *DEFAULT)
    for kind in members:
        rest = {name: member for name, member in members.items() if name != kind}
        yield f"without {kind}", whole(SentencePoolingRecipe(combined(rest), *DEFAULT))
    for kind, member in members.items():
        yield f"{kind} alone", whole(SentencePoolingRecipe(Trained(member), *DEFAULT))


def combined(members: dict[str, Fitted]) -> EnsembleRecipe:
    return EnsembleRecipe(
        {kind: Trained(member) for kind, member in members.items()}, [1.0] * len(members)
    )


def figures(classifier: Classifier, coded: LabeledPassages) -> dict[str, Any]:
    found = evaluate_predictions(
        classifier.answer(coded.passages), coded, classifier.codebook,
        samples=1000, confidence=0.95, rng=np.random.default_rng(0), domain="outside",
    ).metrics  # fmt: skip
    overall = found["overall"]
    interval = overall["f1_macro_interval"]
    row: dict[str, Any] = {name: round(overall[name], 3) for name in FIGURES}
    row["f1_macro_95"] = f"{interval['low']:.2f} to {interval['high']:.2f}"
    for language, of in found["by_language"].items():
        row[f"f1_micro_{language}"] = round(of["f1_micro"], 3)
    return row


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("coded", type=Path)
    parser.add_argument("--run", type=Path, default=Path("build"))
    options = parser.parse_args(argv)
    at = Tables(options.run)
    shipped = Classifier.load(at.model)
    corpus = labeled_passages(
        files.read_parquet(at.paragraphs), files.read_parquet(at.labels), shipped.codebook
    )
    dev = corpus.of_fold(files.read_parquet(at.folds), "dev")
    outside = coded_jsonl.read(options.coded, shipped.codebook)
    rows = []
    for name, recipe in variants(members_of(shipped), claims_of(shipped.codebook)):
        codebook = at.model / "codebook.yaml"
        classifier = train_classifier(recipe, train=dev, dev=dev, codebook_path=codebook)
        rows.append({"variant": name, **figures(classifier, outside)})
        sys.stderr.write(f"{name}: done\n")
    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, tbl_width_chars=160, tbl_formatting="MARKDOWN",
        tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True,
    ):  # fmt: skip
        sys.stdout.write(f"{pl.DataFrame(rows)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
