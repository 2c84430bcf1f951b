"""Loads saved models by kind."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import InputError, did_you_mean
from pipeline.models.base import Fitted

# "bag" is the name on disk of models with sentence pooling.
KINDS = (
    "bag",
    "ensemble",
    "involved_stances",
    "lexicon",
    "mentions",
    "probe",
    "tfidf",
    "transformer",
)


def load_fitted(folder: Path, kind: str) -> Fitted:
    """The fitted model in a folder; only these kinds can be loaded, no classes by path."""
    if kind not in KINDS:
        raise InputError(f"{folder}: unknown kind of model {kind!r}{did_you_mean(kind, [*KINDS])}")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; a saved {kind} model was expected here")
    # Imported as needed: linear models do not need torch.
    match kind:
        case "bag":
            from pipeline.models.sentence_pooling import SentencePoolingModel

            return SentencePoolingModel.load(folder, load_fitted)
        case "ensemble":
            from pipeline.models.ensemble import EnsembleModel

            return EnsembleModel.load(folder, load_fitted)
        case "involved_stances":
            from pipeline.models.involved_stances import InvolvedStancesModel

            return InvolvedStancesModel.load(folder, load_fitted)
        case "lexicon":
            from pipeline.models.linear.lexicon import LexiconModel

            return LexiconModel.load(folder)
        case "mentions":
            from pipeline.models.linear.mentions import MentionsModel

            return MentionsModel.load(folder)
        case "probe":
            from pipeline.models.encoder.probe import FittedProbe

            return FittedProbe.load(folder)
        case "tfidf":
            from pipeline.models.linear.tfidf import TfidfModel

            return TfidfModel.load(folder)
        case _:
            from pipeline.models.encoder.fine_tuning import FineTunedEncoder

            return FineTunedEncoder.load(folder)
