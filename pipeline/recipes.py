"""From the configuration to the model's recipe: the one place where a model is put together."""

from __future__ import annotations

from pipeline.codebook import Codebook
from pipeline.config import Config, ModelKind
from pipeline.models.contract import Recipe


def recipe(config: Config, codebook: Codebook) -> Recipe:
    """The recipe that ``config.model`` names."""
    return _recipe(config.model.kind, config, codebook)


def _recipe(kind: ModelKind, config: Config, codebook: Codebook) -> Recipe:
    match kind:
        case ModelKind.lexicon:
            from pipeline.models.lexicon import LexiconRecipe

            return LexiconRecipe(codebook)
        case ModelKind.tfidf:
            return _tfidf(config)
        case ModelKind.probe:
            return _probe(config)
        case ModelKind.transformer:
            return _transformer(config)
        case ModelKind.ensemble:
            return _ensemble(config, codebook)


def _tfidf(config: Config) -> Recipe:
    from pipeline.models.tfidf import TfidfRecipe

    settings = config.model.tfidf
    return TfidfRecipe(
        word_ngrams=settings.word_ngrams,
        character_ngrams=settings.character_ngrams,
        min_documents=settings.min_documents,
        inverse_regularisation=settings.inverse_regularisation,
        context=settings.context.value,
    )


def _ensemble(config: Config, codebook: Codebook) -> Recipe:
    from pipeline.models.ensemble import EnsembleRecipe

    settings = config.model.ensemble
    members = {kind.value: _recipe(kind, config, codebook) for kind in settings.members}
    return EnsembleRecipe(members, settings.weights or [1.0] * len(members))
