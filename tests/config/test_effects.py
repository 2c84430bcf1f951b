import pytest

from pipeline.config import compose
from pipeline.config.components import _check_frozen
from pipeline.config.effects import idle, without_effect
from pipeline.errors import InputError


@pytest.mark.parametrize(
    ("model", "read", "unread"),
    [
        ("tfidf", "model.tfidf.context", "train.epochs"),
        ("probe", "backbone.name", "train.learning_rate"),
        ("transformer", "model.probe.inverse_regularisation", "model.mentions.window"),
        ("lexicon", "model.sentences.share", "model.tfidf.context"),
        ("ensemble", "model.mentions.window", "model.probe.context"),
    ],
)
def test_a_model_reads_its_own_settings(model: str, read: str, unread: str) -> None:
    config = compose([f"model={model}"])
    assert without_effect(config, [read, unread, "seed", "split.dev_share"]) == [unread]


def test_changed_settings_that_the_model_does_not_read_are_named() -> None:
    assert idle(compose(["model=tfidf", "seed=3", "model.tfidf.word_ngrams=1"])) == ""
    found = idle(compose(["model=tfidf", "train.epochs=3", "model.mentions.window=5"]))
    assert found == "without effect on model=tfidf: train.epochs, model.mentions.window"
    assert idle(compose(["model=transformer", "train.focusing=3"])).endswith(": train.focusing")
    assert idle(compose(["model=transformer", "train.focusing=3", "train.loss=focal"])) == ""


def test_no_default_is_without_effect() -> None:
    for model in ("ensemble", "lexicon", "mentions", "probe", "tfidf", "transformer"):
        assert idle(compose([f"model={model}"])) == ""


def test_more_frozen_layers_than_the_encoder_has_to_freeze_are_refused() -> None:
    _check_frozen(10, 12, "e5")
    with pytest.raises(InputError, match=r"train\.frozen_layers=11: e5 has 12 .* allowed: 0 to 10"):
        _check_frozen(11, 12, "e5")
