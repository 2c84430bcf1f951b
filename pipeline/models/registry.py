"""From a saved model's kind to the class that reads it."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import InputError, did_you_mean
from pipeline.models.base import Fitted

# "bag" is what models that read sentences too are called on disk.
KINDS = ("bag", "ensemble", "lexicon", "mentions", "probe", "tfidf", "transformer")


def load_fitted(folder: Path, kind: str) -> Fitted:
    """The fitted model in a folder; only the kinds named here can be loaded, nothing by path."""
    if kind not in KINDS:
        raise InputError(f"{folder}: unknown kind of model {kind!r}{did_you_mean(kind, [*KINDS])}")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; a saved {kind} model was expected here")
    # Imported one by one: a model of words should not wait for torch.
    match kind:
        case "bag":
            from pipeline.models.sentence_pooling import SentencePoolingModel

            return SentencePoolingModel.load(folder, load_fitted)
        case "ensemble":
            from pipeline.models.ensemble import EnsembleModel

            return EnsembleModel.load(folder, load_fitted)
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
