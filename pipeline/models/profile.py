"""Statistics of a classifier's training texts, with which a later shift can be detected."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.codebook import Codebook
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.models import error_rates

# A language with a lower micro F1 of frames on dev is marked as unsupported in scores.
LEAST_F1 = 0.6
# With fewer present answers in dev, a language cannot be evaluated and is marked as well.
LEAST_PRESENT = 20


def profile(
    train: LabeledPassages, dev: LabeledPassages, decisions: NDArray[np.object_], codebook: Codebook
) -> dict[str, Any]:
    """JSON: passages in train and dev, shares of languages and of present frames in train, the
    median length in code points, micro F1 per language on dev (from the ``decisions`` on dev),
    unsupported languages, and the error rates on dev, with which shares are corrected."""
    languages = train.passages["language"].value_counts(normalize=True, sort=True)
    f1 = {
        language: micro_f1(dev, decisions, codebook, language)
        for language in languages["language"].to_list()
    }
    frames = [i for i, question in enumerate(codebook.questions) if not question.is_stance]
    return {
        "train_passages": len(train),
        "dev_passages": len(dev),
        "languages": dict(languages.iter_rows()),
        "frames": {codebook.questions[i].name: _present(train, codebook, i) for i in frames},
        "median_length": float(np.median(train.passages["text"].str.len_chars().to_numpy())),
        "dev_micro_f1": f1,
        "unsupported_languages": sorted(
            language for language, value in f1.items() if value is None or value < LEAST_F1
        ),
        "error_rates": error_rates.to_json(rates_by_frame(dev, decisions, codebook)),
    }


def _present(coded: LabeledPassages, codebook: Codebook, i: int) -> float:
    """The share of passages with a frame, among those where it was asked."""
    (column,) = codebook.columns_of(codebook.questions[i])
    present = (coded.answers[:, i] == "present")[coded.asked[:, column]]
    return float(present.mean()) if len(present) else 0.0


def rates_by_frame(
    coded: LabeledPassages, decisions: NDArray[np.object_], codebook: Codebook
) -> dict[str, error_rates.Rates | None]:
    """Error rates of each frame, over the passages where it was asked."""
    families = coded.families
    found: dict[str, error_rates.Rates | None] = {}
    for i, question in enumerate(codebook.questions):
        if question.is_stance:
            continue
        (column,) = codebook.columns_of(question)
        rows = np.flatnonzero(coded.asked[:, column])
        found[question.name] = error_rates.measure_rates(
            coded.soft[rows, column].astype(np.float64),
            (decisions[rows, i] == "present").astype(np.float64),
            [families[row] for row in rows],
        )
    return found


def micro_f1(
    coded: LabeledPassages, decisions: NDArray[np.object_], codebook: Codebook, language: str
) -> float | None:
    """Micro F1 over all frames in one language, without borderline rows; None if there are too few
    present answers."""
    rows = (coded.passages["language"] == language).to_numpy()
    frames = [i for i, question in enumerate(codebook.questions) if not question.is_stance]
    truth, predicted = coded.answers[rows][:, frames], decisions[rows][:, frames]
    decided = (truth == "present") | (truth == "absent")
    present = (truth == "present") & decided
    if present.sum() < LEAST_PRESENT:
        return None
    found = (predicted == "present") & decided
    return float(2 * (present & found).sum() / (present.sum() + found.sum()))
