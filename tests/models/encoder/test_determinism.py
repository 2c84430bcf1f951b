import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline import codebook as codebooks
from pipeline.models.base import Recipe
from pipeline.models.calibration import Calibration
from pipeline.models.classifier import Classifier
from pipeline.models.encoder.determinism import deterministic
from pipeline.models.encoder.fine_tuning import FineTuningRecipe
from pipeline.models.encoder.full_tuning import FullTuningRecipe
from pipeline.models.encoder.training import TrainingSettings
from pipeline.models.openvino import convert
from tests.models.openvino.conftest import CODEBOOK
from tests.models.tiny_berts import tiny_bert, weather

SETTINGS = TrainingSettings(epochs=1, learning_rate=3e-3, batch_size=16, frozen_layers=0)


def frozen() -> Recipe:
    return FineTuningRecipe(tiny_bert(), SETTINGS)


def full() -> Recipe:
    return FullTuningRecipe(tiny_bert(), SETTINGS)


def train_and_convert(recipe: Recipe, folder: Path) -> None:
    codebook = codebooks.parse(CODEBOOK, "codebook.yaml")
    with deterministic():
        assert torch.get_num_threads() == 1
        fitted = recipe.fit(weather(100, 1), weather(40, 2))
        classifier = Classifier(fitted, Calibration.none(3), np.full(3, 0.5), codebook, CODEBOOK)
        classifier.save(folder)
        conversion = convert(
            classifier,
            quantise_on=weather(60, 3).passages,
            compare_on=weather(60, 4).passages,
            rng=np.random.default_rng(1),
        )
        assert conversion is not None
        conversion.save(folder)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["frozen", "full"])
def test_two_trainings_leave_the_same_bytes_converted_model_included(
    recipe: str, tmp_path: Path
) -> None:
    """In two processes: OpenVINO goes on counting the nodes of its graphs within one."""
    own = "tests.models.encoder.test_determinism"
    trees = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        script = (
            f"from pathlib import Path; from {own} import {recipe}, train_and_convert; "
            f"train_and_convert({recipe}(), Path({str(folder)!r}))"
        )
        subprocess.run([sys.executable, "-c", script], check=True)
        files = [path for path in folder.rglob("*") if path.is_file()]
        trees.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})
    assert len(trees[0]) == 12  # two of the classifier, six of the model, four of its conversion
    assert trees[0] == trees[1]


def test_everything_is_as_before_afterwards() -> None:
    def state() -> tuple[object, ...]:
        return (
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.backends.cudnn.benchmark,
            os.environ.get("OMP_NUM_THREADS"),
            os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
        )

    before = state()
    with pytest.raises(KeyError), deterministic():
        assert torch.are_deterministic_algorithms_enabled()
        assert os.environ["OMP_NUM_THREADS"] == "1"
        raise KeyError
    assert state() == before
    with deterministic(wanted=False):
        assert state() == before
