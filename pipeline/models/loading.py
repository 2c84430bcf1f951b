"""From a saved model's kind to the class that reads it."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import InputError, did_you_mean
from pipeline.models.contract import Fitted


def load_fitted(folder: Path, kind: str) -> Fitted:
    """The fitted model in a folder; only the kinds named here can be loaded, nothing by path."""
    from pipeline.models.ensemble import EnsembleModel
    from pipeline.models.lexicon import LexiconModel
    from pipeline.models.probe import ProbeModel
    from pipeline.models.tfidf import TfidfModel
    from pipeline.models.transformer import TransformerModel

    kinds: dict[str, type[Fitted]] = {
        model.kind: model
        for model in (LexiconModel, TfidfModel, ProbeModel, TransformerModel, EnsembleModel)
    }
    if kind not in kinds:
        raise InputError(f"{folder}: unknown kind of model {kind!r}{did_you_mean(kind, [*kinds])}")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; a saved {kind} model was expected here")
    return kinds[kind].load(folder)
