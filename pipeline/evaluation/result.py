"""The complete evaluation of one model on one set of coded passages."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import dataframely as dy
import numpy as np

from pipeline import tables
from pipeline.codebook import Codebook
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError
from pipeline.evaluation import predictions, slices
from pipeline.evaluation.judged import judged
from pipeline.evaluation.measure import Bootstrap, measure
from pipeline.evaluation.predictions import Mistake
from pipeline.evaluation.slices import groups, measure_slices
from pipeline.io import files
from pipeline.models.predictions import Predictions

IN_DOMAIN = "in-domain"


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    ``metrics`` can be written as JSON. Its keys are ``domain``, ``codebook_version``,
    ``bootstrap``, ``overall`` and ``by_language`` (see
    :func:`pipeline.evaluation.measure.measure`) and ``slices`` (see
    :func:`pipeline.evaluation.slices.measure_slices`). ``names`` maps questions to display names.
    """

    metrics: dict[str, Any]
    predictions: dy.DataFrame[tables.TestPredictions]
    slices: dy.DataFrame[tables.Slices]
    mistakes: list[Mistake]
    names: dict[str, str]

    def write(
        self, *, metrics: Path, predictions: Path, slices: Path, figures: Path, mistakes: Path
    ) -> None:
        """Write all five; ``figures`` is a folder for PNG and SVG files and ``mistakes.html``."""
        from pipeline.evaluation import mistakes_page
        from pipeline.evaluation.figures.curves import write_figures

        files.write_parquet(predictions, self.predictions)
        files.write_parquet(slices, self.slices)
        lines = [json.dumps(asdict(m), ensure_ascii=False) + "\n" for m in self.mistakes]
        files.write_text(mistakes, "".join(lines))
        write_figures(figures, self.predictions, self.metrics, self.names)
        page = mistakes_page.render(self.mistakes, self.names, self.metrics["domain"])
        files.write_text(figures / "mistakes.html", page)
        files.write_json(metrics, self.metrics)


def evaluate_predictions(
    answers: Predictions,
    coded: LabeledPassages,
    codebook: Codebook,
    *,
    samples: int,
    confidence: float,
    rng: np.random.Generator,
    domain: str = IN_DOMAIN,
) -> Evaluation:
    """Evaluate a classifier's answers against the coders' answers.

    Intervals span the central ``confidence`` share of ``samples`` resamples of families.
    ``domain`` names the evaluated passages: "in-domain" for folds of our own corpus, else the file.
    Raises InputError if there are no coded passages.
    """
    if not len(coded):
        raise InputError(f"nothing to evaluate: no coded passage ({domain})")
    everything = judged(answers, coded, codebook)
    bootstrap = Bootstrap(samples, confidence, rng)
    languages = coded.passages["language"]
    grouped = groups(coded.passages, coded.soft.astype(np.float64))
    return Evaluation(
        metrics={
            "domain": domain,
            "codebook_version": codebook.version,
            "bootstrap": {"samples": samples, "confidence": confidence},
            "overall": measure(everything, codebook, bootstrap),
            "by_language": {
                language: measure(
                    everything.take(np.flatnonzero(languages == language)), codebook, bootstrap
                )
                for language in sorted(languages.unique().to_list())
            },
            "slices": measure_slices(everything, codebook, bootstrap, grouped),
        },
        predictions=predictions.table(answers, coded, codebook),
        slices=slices.table(coded.passages, grouped),
        mistakes=predictions.mistakes(answers, coded, codebook),
        names={q.name: q.rule.display_name for q in codebook.questions},
    )
