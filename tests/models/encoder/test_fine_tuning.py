import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError
from pipeline.models.encoder.backbones import Backbone
from pipeline.models.encoder.fine_tuning import FineTunedEncoder, FineTuningRecipe
from pipeline.models.encoder.training import Epoch, TrainingSettings, mean_average_precision
from tests.models.tiny_berts import passages_of, tiny_bert, tiny_distilbert, weather

pytestmark = pytest.mark.slow

QUICK = TrainingSettings(epochs=2, learning_rate=3e-3, batch_size=16, frozen_layers=0)
LONGER = TrainingSettings(epochs=12, learning_rate=5e-3, batch_size=16, frozen_layers=0)
AGAIN = passages_of(["rain about town 🏙", "wind", "", "one " * 40], ["snow", "", "", "rain"])


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Threads that wait for each other are slower than one over layers this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def weights_of(fitted: FineTunedEncoder) -> dict[str, torch.Tensor]:
    return dict(fitted.backbone.encoder.state_dict())


def test_fine_tuning_learns_what_random_layers_do_not_hold() -> None:
    fitted = FineTuningRecipe(tiny_bert(), LONGER).fit(weather(300, 1), weather(80, 2))
    test = weather(100, 3)
    right = (fitted.probabilities(test.passages) > 0.5) == (test.soft > 0.5)
    assert right.mean() > 0.95
    assert fitted.history[-1].train_loss < fitted.history[0].train_loss


def test_an_encoder_of_another_build_learns_too() -> None:
    fitted = FineTuningRecipe(tiny_distilbert(), LONGER).fit(weather(200, 1), weather(50, 2))
    test = weather(60, 3)
    right = (fitted.probabilities(test.passages) > 0.5) == (test.soft > 0.5)
    assert right.mean() > 0.9


@pytest.mark.parametrize("head_start", ["probe", "random"])
def test_the_same_seed_gives_the_same_bits_and_another_does_not(head_start: str) -> None:
    def fit(seed: int) -> FineTunedEncoder:
        settings = TrainingSettings(
            epochs=2, batch_size=16, frozen_layers=0, seed=seed, head_start=head_start
        )
        return FineTuningRecipe(tiny_bert(), settings).fit(weather(60, 1), weather(20, 2))

    torch.manual_seed(1)
    first = fit(4)
    torch.manual_seed(2)  # the global generator plays no part
    second, third = fit(4), fit(5)
    assert np.array_equal(first.probabilities(AGAIN), second.probabilities(AGAIN))
    assert not np.array_equal(first.probabilities(AGAIN), third.probabilities(AGAIN))


def test_training_leaves_torch_as_it_was() -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    FineTuningRecipe(tiny_bert(), QUICK).fit(weather(30, 1), weather(10, 2))
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()


def test_the_backbone_that_is_handed_in_stays_as_it_was() -> None:
    backbone = tiny_bert()
    before = {name: value.clone() for name, value in backbone.encoder.state_dict().items()}
    FineTuningRecipe(backbone, QUICK).fit(weather(40, 1), weather(10, 2))
    after = backbone.encoder.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert not any(parameter.requires_grad for parameter in backbone.encoder.parameters())


def test_frozen_layers_and_embeddings_do_not_change_and_upper_ones_do() -> None:
    backbone = tiny_bert(layers=4)
    settings = TrainingSettings(epochs=1, batch_size=16, frozen_layers=1)
    fitted = FineTuningRecipe(backbone, settings).fit(weather(40, 1), weather(10, 2))
    before = backbone.encoder.state_dict()
    for name, value in weights_of(fitted).items():
        learns = name.startswith(("encoder.layer.1", "encoder.layer.2", "encoder.layer.3"))
        # The bias of the keys has no effect on a softmax, so nothing teaches it.
        if not name.endswith("key.bias"):
            assert torch.equal(value, before[name]) != learns, name


def test_two_layers_learn_however_many_are_to_be_frozen() -> None:
    backbone = tiny_bert(layers=3)
    settings = TrainingSettings(epochs=1, batch_size=16, frozen_layers=8)
    fitted = FineTuningRecipe(backbone, settings).fit(weather(40, 1), weather(10, 2))
    before = backbone.encoder.state_dict()
    name = "encoder.layer.{}.output.dense.weight"
    same = [
        torch.equal(weights_of(fitted)[name.format(i)], before[name.format(i)]) for i in (0, 1, 2)
    ]
    assert same == [True, False, False]


def test_questions_that_were_not_asked_teach_nothing() -> None:
    train, dev = weather(60, 1), weather(20, 2)
    soft = train.soft.copy()
    soft[~train.asked] = 1 - soft[~train.asked]
    other = LabeledPassages(train.passages, soft, train.asked, train.answers)
    one, two = (FineTuningRecipe(tiny_bert(), QUICK).fit(t, dev) for t in (train, other))
    assert np.array_equal(one.probabilities(AGAIN), two.probabilities(AGAIN))


def test_the_weights_of_the_best_epoch_are_kept() -> None:
    dev = weather(40, 2)
    # A rate so high that what was learnt is lost again.
    wild = TrainingSettings(
        epochs=8, learning_rate=0.3, batch_size=8, frozen_layers=0, patience=8, warmup_share=0.5
    )
    fitted = FineTuningRecipe(tiny_bert(), wild).fit(weather(60, 1), dev)
    scores = [epoch.dev_average_precision or 0.0 for epoch in fitted.history]
    best = int(np.argmax(scores))
    assert best < len(scores) - 1  # else this would show nothing
    kept = mean_average_precision(fitted.probabilities(dev.passages), dev.soft, dev.asked)
    assert kept == pytest.approx(scores[best], abs=1e-3)


def test_training_stops_when_dev_no_longer_gets_better() -> None:
    frozen_rate = TrainingSettings(
        epochs=9, learning_rate=1e-12, batch_size=16, frozen_layers=0, patience=2
    )
    fitted = FineTuningRecipe(tiny_bert(), frozen_rate).fit(weather(40, 1), weather(20, 2))
    assert [epoch.number for epoch in fitted.history] == [1, 2, 3]  # two after the best, the first


def test_without_a_dev_fold_every_epoch_is_run() -> None:
    fitted = FineTuningRecipe(tiny_bert(), QUICK).fit(weather(40, 1), weather(0, 2))
    assert [epoch.number for epoch in fitted.history] == [1, 2]
    assert [epoch.dev_average_precision for epoch in fitted.history] == [None, None]


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(InputError, match="no passage to train on"):
        FineTuningRecipe(tiny_bert(), QUICK).fit(weather(0, 1), weather(10, 2))


def test_an_unknown_head_start_is_refused() -> None:
    settings = TrainingSettings(head_start="warm")
    with pytest.raises(InputError, match="'warm'; allowed: probe, random"):
        FineTuningRecipe(tiny_bert(), settings).fit(weather(10, 1), weather(10, 2))


@pytest.mark.parametrize("backbone", [tiny_bert(), tiny_distilbert()], ids=["bert", "distilbert"])
def test_a_saved_transformer_answers_as_before(tmp_path: Path, backbone: Backbone) -> None:
    settings = TrainingSettings(epochs=1, batch_size=16, frozen_layers=0, context="before")
    fitted = FineTuningRecipe(backbone, settings).fit(weather(40, 1), weather(10, 2))
    fitted.save(tmp_path)
    again = FineTunedEncoder.load(tmp_path)
    assert np.array_equal(again.probabilities(AGAIN), fitted.probabilities(AGAIN))
    assert (
        again.is_truncated(AGAIN).tolist()
        == fitted.is_truncated(AGAIN).tolist()
        == [False, False, False, True]
    )
    assert again.history == fitted.history
    assert isinstance(again.history[0], Epoch)


def test_a_freshly_trained_one_remembers_and_a_loaded_one_does_not(tmp_path: Path) -> None:
    coded = weather(40, 0)
    model = FineTuningRecipe(tiny_bert(), TrainingSettings(epochs=1)).fit(coded, coded)
    first = model.probabilities(coded.passages)
    model.heads.offsets[:] = 9.0  # would change what is read anew
    assert np.array_equal(model.probabilities(coded.passages), first)
    model.save(tmp_path)
    loaded = FineTunedEncoder.load(tmp_path)
    assert loaded.cache is None
    assert (loaded.probabilities(coded.passages) > first).all()


def test_a_saved_transformer_is_a_checkpoint_that_others_can_read(tmp_path: Path) -> None:
    fitted = FineTuningRecipe(tiny_bert(), QUICK).fit(weather(40, 1), weather(10, 2))
    fitted.save(tmp_path)
    wanted = {"config.json", "model.safetensors", "tokenizer.json", "head.safetensors"}
    assert wanted | {"backbone.json", "transformer.json"} == {p.name for p in tmp_path.iterdir()}
    theirs = AutoModel.from_pretrained(tmp_path, add_pooling_layer=False, dtype=torch.float32)
    for name, value in theirs.state_dict().items():
        assert torch.equal(value, weights_of(fitted)[name]), name
    assert json.loads((tmp_path / "backbone.json").read_text())["pooling"] == "mean"


def test_the_same_training_leaves_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        FineTuningRecipe(tiny_bert(), QUICK).fit(weather(40, 1), weather(10, 2)).save(folder)
    one, two = ({p.name: p.read_bytes() for p in folder.iterdir()} for folder in folders)
    assert len(one) == 6
    assert one == two
