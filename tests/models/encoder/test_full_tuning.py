"""Training of every layer, with what trains and what is left; interruptions are in
``test_checkpoints.py``."""

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.errors import InputError
from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.encoding import encode
from pipeline.models.encoder.fine_tuning import FineTunedEncoder, FineTuningRecipe
from pipeline.models.encoder.full_training import (
    EpochBatches,
    HardwareSettings,
    layer_rates,
    logits_of,
)
from pipeline.models.encoder.full_tuning import FullTuningRecipe
from pipeline.models.encoder.lora import LoraSettings, check_installed
from pipeline.models.encoder.losses import LossSettings
from pipeline.models.encoder.probe import ProbeRecipe
from pipeline.models.encoder.trainable_encoder import TrainableEncoder
from pipeline.models.encoder.training import Epoch, TrainingSettings, mean_average_precision
from pipeline.models.linear.logistic import LinearHeads
from tests.models.tiny_berts import (
    HIDDEN,
    passages_of,
    tiny_albert,
    tiny_bert,
    tiny_distilbert,
    tiny_t5_encoder,
    weather,
)

pytestmark = pytest.mark.slow

QUICK = TrainingSettings(epochs=2, learning_rate=3e-3, batch_size=16)
LONGER = TrainingSettings(epochs=5, learning_rate=5e-3, batch_size=16, patience=5)
AGAIN = passages_of(["rain about town 🏙", "wind", "", "one " * 40], ["snow", "", "", "rain"])
HAS_PEFT = importlib.util.find_spec("peft") is not None
WITHOUT_PEFT = "peft is an extra"


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Threads that wait for each other are slower than one over layers this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def weights_of(fitted: FineTunedEncoder) -> dict[str, torch.Tensor]:
    return dict(fitted.backbone.encoder.state_dict())


def share_right(fitted: FineTunedEncoder) -> float:
    test = weather(100, 3)
    return float(((fitted.probabilities(test.passages) > 0.5) == (test.soft > 0.5)).mean())


@pytest.mark.parametrize("kind", ["weighted", "focal", "asymmetric"])
def test_every_loss_teaches_what_random_layers_do_not_hold(kind: str) -> None:
    settings = replace(LONGER, loss=LossSettings(kind))
    fitted = FullTuningRecipe(tiny_bert(), settings).fit(weather(200, 1), weather(80, 2))
    assert share_right(fitted) > 0.95
    assert fitted.history[-1].train_loss < fitted.history[0].train_loss


@pytest.mark.parametrize("make", [tiny_albert, tiny_t5_encoder, tiny_distilbert])
def test_encoders_of_other_builds_train_and_are_the_same_when_loaded(
    make: Callable[[], Backbone], tmp_path: Path
) -> None:
    fitted = FullTuningRecipe(make(), LONGER).fit(weather(200, 1), weather(80, 2))
    assert share_right(fitted) > 0.95
    fitted.save(tmp_path)
    again = FineTunedEncoder.load(tmp_path)
    assert np.array_equal(again.probabilities(AGAIN), fitted.probabilities(AGAIN))


@pytest.mark.parametrize("make", [tiny_albert, tiny_t5_encoder])
def test_they_are_read_by_a_probe_too(make: Callable[[], Backbone], tmp_path: Path) -> None:
    coded = weather(60, 1)
    fitted = ProbeRecipe(make()).fit(coded, coded)
    fitted.save(tmp_path)
    again = type(fitted).load(tmp_path)
    assert np.array_equal(again.probabilities(AGAIN), fitted.probabilities(AGAIN))


def test_layers_that_share_their_weights_cannot_be_frozen_apart_and_the_way_out_is_named() -> None:
    with pytest.raises(InputError, match=r"albert encoder; use train\.method=full or model=probe"):
        FineTuningRecipe(tiny_albert(), QUICK).fit(weather(20, 1), weather(10, 2))


@pytest.mark.parametrize("embeddings", [True, False])
def test_all_layers_learn_and_embeddings_if_they_shall(embeddings: bool) -> None:
    backbone = tiny_bert(layers=3)
    recipe = FullTuningRecipe(backbone, QUICK, embeddings=embeddings)
    fitted, before = recipe.fit(weather(40, 1), weather(10, 2)), backbone.encoder.state_dict()
    same = {name for name, value in weights_of(fitted).items() if torch.equal(value, before[name])}
    words = "embeddings.word_embeddings.weight"
    # The bias of the keys has no effect on a softmax; rounding alone moves it, or does not.
    assert {name for name in same if not name.endswith("key.bias")} == (
        set() if embeddings else {words}
    )
    assert not any(p.requires_grad for p in backbone.encoder.parameters())
    assert not any(p.requires_grad for p in fitted.backbone.encoder.parameters())
    assert not fitted.backbone.encoder.training


def test_the_same_seed_gives_the_same_bits_and_leaves_torch_as_it_was() -> None:
    def fit(seed: int) -> FineTunedEncoder:
        recipe = FullTuningRecipe(tiny_bert(), replace(QUICK, seed=seed))
        return recipe.fit(weather(60, 1), weather(20, 2))

    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = fit(4)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)  # the global generator is seeded inside
    second, third = fit(4), fit(5)
    assert np.array_equal(first.probabilities(AGAIN), second.probabilities(AGAIN))
    assert not np.array_equal(first.probabilities(AGAIN), third.probabilities(AGAIN))


def test_the_weights_of_the_best_epoch_are_kept() -> None:
    dev = weather(40, 2)
    # A rate so high that what was learnt is lost again.
    wild = TrainingSettings(epochs=8, learning_rate=0.1, batch_size=8, patience=8, warmup_share=0.5)
    fitted = FullTuningRecipe(tiny_bert(), wild).fit(weather(60, 1), dev)
    scores = [epoch.dev_average_precision or 0.0 for epoch in fitted.history]
    best = int(np.argmax(scores))
    assert best < len(scores) - 1  # else this would show nothing
    kept = mean_average_precision(fitted.probabilities(dev.passages), dev.soft, dev.asked)
    assert kept == pytest.approx(scores[best], abs=1e-3)


def test_training_stops_when_dev_no_longer_gets_better_and_every_epoch_is_shown() -> None:
    seen: list[Epoch] = []
    still = TrainingSettings(epochs=9, learning_rate=1e-12, batch_size=16, patience=2)
    recipe = FullTuningRecipe(tiny_bert(), still, watch=seen.append)
    fitted = recipe.fit(weather(40, 1), weather(20, 2))
    assert [epoch.number for epoch in fitted.history] == [1, 2, 3]  # two after the best, the first
    assert seen == fitted.history


def test_without_a_dev_fold_every_epoch_is_run() -> None:
    fitted = FullTuningRecipe(tiny_bert(), QUICK).fit(weather(40, 1), weather(0, 2))
    assert [epoch.dev_average_precision for epoch in fitted.history] == [None, None]


def test_questions_that_were_not_asked_teach_nothing() -> None:
    train, dev = weather(60, 1), weather(20, 2)
    soft = train.soft.copy()
    soft[~train.asked] = 1 - soft[~train.asked]
    one, two = (
        FullTuningRecipe(tiny_bert(), QUICK).fit(coded, dev)
        for coded in (train, replace(train, soft=soft))
    )
    assert np.array_equal(one.probabilities(AGAIN), two.probabilities(AGAIN))


def test_a_share_of_nothing_keeps_the_weights_that_training_began_with() -> None:
    backbone, coded = tiny_bert(), weather(60, 1)
    fitted = FullTuningRecipe(backbone, replace(QUICK, kept_share=0.0)).fit(coded, weather(20, 2))
    for name, value in backbone.encoder.state_dict().items():
        torch.testing.assert_close(weights_of(fitted)[name], value, atol=1e-7, rtol=0)
    start = ProbeRecipe(backbone, QUICK.probe_inverse_regularisation).fit(coded, coded)
    np.testing.assert_allclose(fitted.probabilities(AGAIN), start.probabilities(AGAIN), atol=1e-5)


def test_accumulated_batches_are_one_step_as_large_as_they_are_together() -> None:
    """With all answers asked, no dropout and no padding, the mean of two halves is the whole."""
    train = weather(32, 1)
    texts = [" ".join(text.split()[:5]) for text in train.passages["text"]]
    train = replace(train, passages=passages_of(texts), asked=np.ones_like(train.asked))
    backbone = tiny_bert()
    for module in backbone.encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    settings = replace(QUICK, epochs=1, dropout=0.0, learning_rate=1e-3)
    whole = FullTuningRecipe(backbone, replace(settings, batch_size=32))
    halves = FullTuningRecipe(
        backbone, replace(settings, batch_size=16), HardwareSettings(accumulation=2)
    )
    one, two = (recipe.fit(train, weather(0, 2)) for recipe in (whole, halves))
    np.testing.assert_allclose(one.probabilities(AGAIN), two.probabilities(AGAIN), atol=1e-4)
    assert one.history[0].train_loss == pytest.approx(two.history[0].train_loss, abs=1e-5)


def test_halves_and_recomputed_layers_learn_too() -> None:
    hardware = HardwareSettings(precision="bf16", gradient_checkpointing=True)
    fitted = FullTuningRecipe(tiny_bert(), LONGER, hardware).fit(weather(200, 1), weather(80, 2))
    assert share_right(fitted) > 0.95
    assert {value.dtype for value in weights_of(fitted).values()} == {torch.float32}


def test_recomputed_layers_give_the_gradients_of_kept_ones() -> None:
    fitted = [
        FullTuningRecipe(tiny_bert(), QUICK, HardwareSettings(gradient_checkpointing=again)).fit(
            weather(60, 1), weather(20, 2)
        )
        for again in (False, True)
    ]
    one, two = (model.probabilities(AGAIN) for model in fitted)
    np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.skipif(not HAS_PEFT, reason=WITHOUT_PEFT)
def test_adapters_learn_and_end_as_a_plain_encoder(tmp_path: Path) -> None:
    backbone = tiny_bert()
    settings = replace(LONGER, epochs=10, learning_rate=1e-2)
    recipe = FullTuningRecipe(backbone, settings, adapters=LoraSettings())
    fitted = recipe.fit(weather(200, 1), weather(80, 2))
    assert share_right(fitted) > 0.9
    before, after = backbone.encoder.state_dict(), weights_of(fitted)
    assert type(fitted.backbone.encoder) is type(backbone.encoder)
    assert after.keys() == before.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert all("dense" in name or "attention" in name for name in changed)
    assert not any("embeddings" in name or "bias" in name for name in changed)
    assert len(changed) == 12  # query, key, value, output and two of the feed-forward, two layers
    fitted.save(tmp_path)
    again = FineTunedEncoder.load(tmp_path)
    assert np.array_equal(again.probabilities(AGAIN), fitted.probabilities(AGAIN))


def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs peft.*pip install 'rhetoric-pipeline\[lora\]'"):
        check_installed()


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(InputError, match="no passage to learn from"):
        FullTuningRecipe(tiny_bert(), QUICK).fit(weather(0, 1), weather(10, 2))


def test_an_unknown_head_start_is_refused() -> None:
    recipe = FullTuningRecipe(tiny_bert(), replace(QUICK, head_start="warm"))
    with pytest.raises(InputError, match="'warm'; allowed: probe, random"):
        recipe.fit(weather(10, 1), weather(10, 2))


def test_batches_depend_on_seed_and_epoch_and_hold_every_row_once() -> None:
    lengths = np.arange(1, 42, dtype=np.int64)
    one, two = EpochBatches(lengths, 8, seed=3), EpochBatches(lengths, 8, seed=3)
    first = list(one)
    assert sorted(row for batch in first for row in batch) == list(range(41))
    assert len(first) == len(one) == 6
    assert first == list(two)
    two.epoch = 1
    assert first != list(two)


def test_each_layer_has_its_rate_embeddings_the_least_and_the_head_the_most() -> None:
    names = ["encoder.embeddings.word.weight", "encoder.layer.0.w", "encoder.layer.1.w"]
    rates = layer_rates([*names, "encoder.final_norm.weight", "head.weight"], 1.0, 0.5)
    assert [rates[name] for name in names] == [0.25, 0.5, 1.0]
    assert rates["encoder.final_norm.weight"] == rates["head.weight"] == 1.0


def test_dev_is_judged_without_dropout_and_training_goes_on_with_it() -> None:
    heads = LinearHeads(np.ones((2, HIDDEN), np.float32), np.zeros(2, np.float32))
    backbone = tiny_bert()
    reader = TrainableEncoder(backbone, heads, dropout=0.5).train()
    encoded = encode(backbone, AGAIN)
    one, two = logits_of(reader, backbone, encoded), logits_of(reader, backbone, encoded)
    assert np.array_equal(one, two)
    assert reader.training
    assert reader.dropout.training
