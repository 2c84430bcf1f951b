"""From a saved model's kind to the class that reads it."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import InputError, did_you_mean
from pipeline.models.base import Fitted

KINDS = ("bag", "ensemble", "lexicon", "mentions", "probe", "tfidf", "transformer")


def load_fitted(folder: Path, kind: str) -> Fitted:
    """The fitted model in a folder; only the kinds named here can be loaded, nothing by path."""
    if kind not in KINDS:
        raise InputError(f"{folder}: unknown kind of model {kind!r}{did_you_mean(kind, [*KINDS])}")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; a saved {kind} model was expected here")
    return _class_of(kind).load(folder)


def _class_of(kind: str) -> type[Fitted]:
    # Imported one by one: a bag of words should not wait for torch.
    match kind:
        case "bag":
            from pipeline.models.sentence_pooling import SentencePoolingModel

            return SentencePoolingModel
        case "ensemble":
            from pipeline.models.ensemble import EnsembleModel

            return EnsembleModel
        case "lexicon":
            from pipeline.models.linear.lexicon import LexiconModel

            return LexiconModel
        case "mentions":
            from pipeline.models.linear.mentions import MentionsModel

            return MentionsModel
        case "probe":
            from pipeline.models.encoder.probe import FittedProbe

            return FittedProbe
        case "tfidf":
            from pipeline.models.linear.tfidf import TfidfModel

            return TfidfModel
        case _:
            from pipeline.models.encoder.fine_tuning import FineTunedEncoder

            return FineTunedEncoder
