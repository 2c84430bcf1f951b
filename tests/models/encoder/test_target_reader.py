from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import openvino
import pytest
import torch

from pipeline.codebook.cues import CueFinder
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.models.base import Matrix
from pipeline.models.encoder.encoding import encode
from pipeline.models.encoder.fine_tuning import FineTunedEncoder, FineTuningRecipe
from pipeline.models.encoder.mentioned_targets import find_pairs
from pipeline.models.encoder.training import TrainingSettings
from pipeline.models.openvino import graph
from pipeline.models.openvino.encoder import ConvertedEncoder, feed
from tests.models.tiny_berts import HIDDEN, WORDS, passages_of, tiny_bert, tiny_distilbert

pytestmark = pytest.mark.slow

TARGETS = ("red", "blue", "green", "ten")
UNSEEN = 3  # never mentioned in training
CUES = [[word] for word in TARGETS]
COLUMNS = [[1 + 3 * t + s for s in range(3)] for t in range(len(TARGETS))]  # 0 is a frame
OUTPUTS = 1 + 3 * len(TARGETS)
FILLERS = [w for w in WORDS[4:] if w not in (*TARGETS, "bad", "good", "never")]
SETTINGS = TrainingSettings(epochs=2, learning_rate=1e-3, batch_size=16, frozen_layers=0)


def stances(count: int, seed: int, targets: tuple[int, ...]) -> LabeledPassages:
    """ "red bad" is against red and "red good" in favour, two targets a passage; output 0 is
    whether "rain" occurs. Only what is mentioned is asked."""
    rng = np.random.default_rng(seed)
    texts, soft = [], np.zeros((count, OUTPUTS), np.float32)
    asked = np.zeros((count, OUTPUTS), np.bool_)
    asked[:, 0] = True
    for row in range(count):
        words = rng.choice(FILLERS, 3).tolist()
        for target in rng.choice(targets, min(2, len(targets)), replace=False):
            stance = int(rng.integers(2)) * 2
            words += [TARGETS[target], "bad" if stance == 0 else "good"]
            words += rng.choice(FILLERS, 3).tolist()
            asked[row, COLUMNS[target]] = True
            soft[row, COLUMNS[target][stance]] = 1
        soft[row, 0] = "rain" in words
        texts.append(" ".join(words))
    return LabeledPassages(passages_of(texts), soft, asked, np.full(soft.shape, "", object))


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Threads that wait for each other are slower than one over layers this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def fitted() -> FineTunedEncoder:
    recipe = FineTuningRecipe(tiny_bert(spread=0.2), SETTINGS, cues=CUES, columns=COLUMNS)
    return recipe.fit(stances(500, 1, (0, 1, 2)), stances(150, 2, (0, 1, 2)))


def test_a_target_that_was_never_seen_is_read(fitted: FineTunedEncoder) -> None:
    test = stances(100, 3, (UNSEEN,))
    against, _, favour = COLUMNS[UNSEEN]
    said = fitted.probabilities(test.passages)
    truth = test.soft[:, favour] > 0.5
    assert ((said[:, favour] > said[:, against]) == truth).mean() > 0.9


def test_only_mentioned_targets_differ_from_the_head(fitted: FineTunedEncoder) -> None:
    passages = passages_of(["rain about town", "", "red bad rain", "snow " * 30 + "blue good"])
    head = replace(fitted, reader=None, cache=None).probabilities(passages)
    both = replace(fitted, cache=None).probabilities(passages)
    differs = both != head
    assert differs[2, COLUMNS[0]].all()
    differs[2, COLUMNS[0]] = False
    assert not differs.any()  # "blue" is behind the cut


def test_a_saved_reader_answers_as_before(fitted: FineTunedEncoder, tmp_path: Path) -> None:
    passages = stances(40, 4, (0, 1, 2, 3)).passages
    fitted.save(tmp_path)
    again = FineTunedEncoder.load(tmp_path)
    assert again.reader is not None
    assert again.reader.cues == CUES
    assert np.array_equal(again.probabilities(passages), fitted.probabilities(passages))


def test_without_targets_or_mentions_there_is_no_reader(tmp_path: Path) -> None:
    train = stances(30, 1, (0, 1))
    for cues, columns in (([], []), ([["unheard"]], [[1, 2, 3]])):
        recipe = FineTuningRecipe(tiny_bert(), SETTINGS, cues=cues, columns=columns)
        plain = recipe.fit(train, train)
        assert plain.reader is None
    plain.save(tmp_path)
    assert not list(tmp_path.glob("target_reader*"))
    assert FineTunedEncoder.load(tmp_path).reader is None


def test_the_same_training_gives_the_same_reader() -> None:
    train, none = stances(60, 1, (0, 1)), stances(0, 2, (0, 1))
    recipe = FineTuningRecipe(tiny_distilbert(), SETTINGS, cues=CUES, columns=COLUMNS)
    one, two = (recipe.fit(train, none).probabilities(train.passages) for _ in range(2))
    assert np.array_equal(one, two)


def test_the_converted_encoder_reads_targets_too(fitted: FineTunedEncoder) -> None:
    encoded = encode(fitted.backbone, stances(200, 1, (0, 1, 2)).passages)
    passages = stances(100, 5, (0, 1, 2, 3)).passages
    reference = fitted.probabilities(passages)
    head = replace(fitted, reader=None, cache=None).probabilities(passages)
    assert np.abs(head - reference).max() > 0.1  # else this would show nothing

    def error(model: openvino.Model) -> Matrix:
        converted = ConvertedEncoder(fitted, graph.to_graph(model), threads=1)
        difference: Matrix = np.abs(converted.probabilities(passages) - reference)
        return difference

    own = fitted.backbone, fitted.heads
    assert (
        error(graph.traced(*own, feed(own[0], encoded, np.arange(8)), with_states=True)).max()
        < 1e-4
    )
    # Integers move an answer by 0.02 on average here, the worst of 1300 by more than 0.2.
    assert (
        error(graph.quantised(*own, encoded, np.random.default_rng(0), with_states=True)).mean()
        < 0.04
    )


def test_unknown_names_of_the_same_tokens_are_told_apart(fitted: FineTunedEncoder) -> None:
    assert fitted.reader is not None
    named = replace(fitted.reader, cues=[["Anna"], ["Ben"], *CUES[2:]])
    own = replace(fitted, reader=named)
    passages = passages_of(["Anna bad rain", "Ben bad rain"])
    anna, ben = own.probabilities(passages)
    differs = np.flatnonzero(anna != ben).tolist()
    assert differs == [*COLUMNS[0], *COLUMNS[1]]
    assert np.array_equal([anna, ben], replace(own, cache=None).probabilities(passages))


def test_mentions_become_tokens_behind_a_prefix_and_before_a_context() -> None:
    backbone = replace(tiny_bert(), prefix="one : ")
    encoded = encode(backbone, passages_of(["snow red sun"], ["red town"]), "before")
    # [CLS] one : snow red sun [SEP] red town [SEP]
    assert encoded.offsets[0].tolist() == [
        [-1, -1], [-1, -1], [-1, -1], [0, 4], [5, 8], [9, 12], *[[-1, -1]] * 4
    ]  # fmt: skip
    pairs = find_pairs(CueFinder(CUES), encoded)
    assert (pairs.row.tolist(), pairs.target.tolist()) == ([0], [0])
    own, around, text = pairs.views[0]
    assert np.flatnonzero(own).tolist() == [4]
    assert np.flatnonzero(around).tolist() == np.flatnonzero(text).tolist() == [3, 4, 5]
    features = pairs.no_features(HIDDEN)
    states = np.random.default_rng(0).normal(size=(1, 12, HIDDEN)).astype(np.float32)
    pairs.pool(np.array([0]), states, features)
    assert np.allclose(features[0, :HIDDEN], states[0, 4])
    assert np.allclose(features[0, HIDDEN:].reshape(2, HIDDEN), states[0, 3:6].mean(0), atol=1e-6)
