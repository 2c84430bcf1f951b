"""Uses of a coded file from outside the folds: evaluation and recalibration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline import codebook as codebooks
from pipeline.config import Config
from pipeline.config.run_folder import Tables
from pipeline.io import files

if TYPE_CHECKING:
    from pipeline.datasets.labeled_passages import LabeledPassages
    from pipeline.evaluation import Evaluation
    from pipeline.models.predictions import Predictions


def evaluate(config: Config, model: Path, path: Path, output: Path | None) -> str:
    """Evaluate a classifier on coded JSON Lines; returns the main table."""
    from pipeline.datasets import coded_jsonl
    from pipeline.evaluation import summary
    from pipeline.models.classifier import Classifier

    classifier = Classifier.load(model)
    coded = coded_jsonl.read(path, classifier.codebook)
    answers = classifier.answer(coded.passages)
    found = _judged(config, answers, coded, classifier.codebook, path)
    if output is not None:
        Tables(output).keep(found)
    return summary(found.metrics)


def recalibrate(config: Config, model: Path, path: Path, destination: Path) -> str:
    """Refit a classifier's calibration and thresholds to a coded sample of another channel; returns
    a short summary of the gain on passages that were not fitted on."""
    from pipeline.evaluation import gain_table
    from pipeline.models.classifier import Classifier
    from pipeline.models.recalibration import recalibrate as refitted

    codebook = Classifier.load(model).codebook
    coded = _sample(path, codebook)
    found = refitted(model, coded, source=path, destination=destination)
    before, after = (
        _judged(config, answers, coded, codebook, path).metrics["overall"]
        for answers in (found.shipped, found.local)
    )
    gain = gain_table(before, after)
    return f"{gain}\nrecalibrate: {destination}/ (score with --model {destination})"


def _judged(
    config: Config,
    answers: Predictions,
    coded: LabeledPassages,
    codebook: codebooks.Codebook,
    path: Path,
) -> Evaluation:
    from pipeline.evaluation import evaluate_predictions

    return evaluate_predictions(
        answers,
        coded,
        codebook,
        samples=config.evaluate.bootstrap_samples,
        confidence=config.evaluate.confidence,
        rng=np.random.default_rng(config.seed),
        domain=path.name,
    )


def _sample(path: Path, codebook: codebooks.Codebook) -> LabeledPassages:
    """A coded sample from JSON Lines, or from a labels table in the folder of its paragraphs."""
    from pipeline.datasets import coded_jsonl
    from pipeline.datasets.labeled_passages import labeled_passages

    if path.suffix != ".parquet":
        return coded_jsonl.read(path, codebook)
    paragraphs = Tables(path.parent).paragraphs
    return labeled_passages(files.read_parquet(paragraphs), files.read_parquet(path), codebook)
