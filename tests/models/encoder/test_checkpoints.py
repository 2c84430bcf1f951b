"""A training of every layer that was stopped ends with the weights of one that was not."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.io.progress import Advance
from pipeline.models.encoder import checkpoints as kept
from pipeline.models.encoder.checkpoints import Checkpoints, Curve
from pipeline.models.encoder.fine_tuning import FineTunedEncoder
from pipeline.models.encoder.full_training import HardwareSettings
from pipeline.models.encoder.full_tuning import FullTuningRecipe
from pipeline.models.encoder.training import Epoch, TrainingSettings
from tests.models.tiny_berts import tiny_bert, weather

pytestmark = pytest.mark.slow

# Seven batches in four epochs; with accumulation, four steps, the last of one batch.
SETTINGS = TrainingSettings(epochs=4, learning_rate=3e-3, batch_size=16, patience=2)
HARDWARE = HardwareSettings(accumulation=2, checkpoint_steps=3)
TRAIN, DEV = weather(100, 1), weather(40, 2)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def recipe(folder: Path | None) -> FullTuningRecipe:
    return FullTuningRecipe(tiny_bert(), SETTINGS, HARDWARE, checkpoints=folder)


@pytest.fixture(scope="module")
def uninterrupted(one_thread: None) -> FineTunedEncoder:
    return recipe(None).fit(TRAIN, DEV)


def assert_same(one: FineTunedEncoder, two: FineTunedEncoder) -> None:
    first, second = (fitted.backbone.encoder.state_dict() for fitted in (one, two))
    assert first.keys() == second.keys()
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert np.array_equal(one.heads.weights, two.heads.weights)
    assert np.array_equal(one.heads.offsets, two.heads.offsets)
    assert one.history == two.history


# Trains as the test does and kills itself where it is told to.
VICTIM = """
import os, signal, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from pipeline.models.encoder import checkpoints, full_training
from pipeline.models.encoder.checkpoints import Checkpoints
from tests.models.encoder.test_checkpoints import DEV, TRAIN, recipe

place, number, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
calls = 0

def killing(function):
    def wrapped(*arguments):
        global calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)
    return wrapped

if place == "saving":
    full_training.save_weights = killing(full_training.save_weights)
elif place == "declaring":
    Checkpoints.finish = killing(Checkpoints.finish)
elif place == "keeping":
    Checkpoints.keep_best = killing(Checkpoints.keep_best)
recipe(folder).fit(TRAIN, DEV)
"""


@pytest.mark.parametrize(
    ("place", "number"), [("saving", 2), ("declaring", 1), ("declaring", 4), ("keeping", 2)]
)
def test_a_killed_training_is_taken_up_and_ends_with_the_same_weights(
    tmp_path: Path, uninterrupted: FineTunedEncoder, place: str, number: int
) -> None:
    victim = subprocess.run(
        [sys.executable, "-c", VICTIM, place, str(number), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert victim.returncode == -signal.SIGKILL, victim.stderr
    assert_same(recipe(tmp_path).fit(TRAIN, DEV), uninterrupted)


@pytest.mark.parametrize("batch", [1, 6, 7, 9, 20, 28])
def test_ctrl_c_at_any_batch_loses_the_steps_since_the_last_checkpoint_alone(
    tmp_path: Path, uninterrupted: FineTunedEncoder, batch: int
) -> None:
    read: list[int] = []

    @contextmanager
    def interrupting(total: int, description: str) -> Iterator[Advance]:
        def advance(rows: int) -> None:
            read.append(rows)
            if (
                description == "Fine-tuning" and len(read) == batch + 1
            ):  # the first says where it begins
                raise KeyboardInterrupt

        if description != "Fine-tuning":
            yield lambda rows: None
        else:
            yield advance

    with pytest.raises(KeyboardInterrupt):
        replace(recipe(tmp_path), progress=interrupting).fit(TRAIN, DEV)
    done, read[:] = sum(read[1:]), []

    @contextmanager
    def counting(total: int, description: str) -> Iterator[Advance]:
        yield read.append if description == "Fine-tuning" else lambda rows: None

    assert_same(replace(recipe(tmp_path), progress=counting).fit(TRAIN, DEV), uninterrupted)
    again = done + sum(read[1:]) - len(uninterrupted.history) * 100
    assert 0 < again <= 6 * 16  # three steps of two batches


def test_a_training_that_has_ended_is_not_trained_again(
    tmp_path: Path, uninterrupted: FineTunedEncoder
) -> None:
    """As when calibration, which comes after it, is killed."""
    first = recipe(tmp_path).fit(TRAIN, DEV)

    def never(epoch: Epoch) -> None:
        raise AssertionError("an epoch was trained again")

    again = replace(recipe(tmp_path), watch=never).fit(TRAIN, DEV)
    assert_same(first, uninterrupted)
    assert_same(again, uninterrupted)


def test_another_training_begins_anew_and_removes_what_the_other_left(tmp_path: Path) -> None:
    recipe(tmp_path).fit(TRAIN, DEV)
    (before,) = tmp_path.iterdir()
    others = [
        replace(recipe(tmp_path), settings=replace(SETTINGS, seed=14)),
        replace(recipe(tmp_path), embeddings=False),
        replace(recipe(tmp_path), backbone=tiny_bert(seed=6)),
    ]
    for other in others:
        other.fit(TRAIN, DEV)
        (now,) = tmp_path.iterdir()
        assert now != before
        before = now


def test_one_checkpoint_and_the_best_weights_are_kept_and_an_unfinished_one_is_not_used(
    tmp_path: Path,
) -> None:
    folder = Checkpoints(tmp_path)
    weight = {"weight": torch.ones(2)}
    assert folder.last() is None
    curve = Curve()
    for number in (3, 4):
        curve.losses = 6.0
        curve.end_epoch(2, None, None)
        folder.keep_best(curve, weight)
        folder.step(number).mkdir()
        folder.finish(number, curve)
    folder.step(10).mkdir()  # of a training that was killed while it saved
    found = folder.last()
    assert found == (folder.step(4), curve)
    assert found[1].history[0].train_loss == 3.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best-2", "checkpoint-4"]


def test_without_a_folder_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "TemporaryDirectory", lambda: _there(tmp_path / "mine"))
    recipe(None).fit(TRAIN, DEV)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def _there(folder: Path) -> Iterator[str]:
    import shutil

    folder.mkdir()
    try:
        yield str(folder)
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("scores", "best", "ended_after"),
    [
        ([0.5, 0.6, 0.6, 0.5], 2, 4),  # as good is not better
        ([0.5, 0.4, 0.3], 1, 3),
        ([None, None, None, None, None], 5, 5),
        ([0.1, 0.2, 0.3, 0.4, 0.5], 5, 5),
    ],
)
def test_the_curve_says_which_epoch_is_best_and_when_to_stop(
    scores: list[float | None], best: int, ended_after: int
) -> None:
    curve = Curve()
    for score in scores:
        assert not curve.ended(5, 2)
        curve.end_epoch(1, None, score)
    assert curve.ended(5, 2)
    assert (curve.best, len(curve.history)) == (best, ended_after)
