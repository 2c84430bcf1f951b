"""A classifier of a tiny encoder beside n-grams, trained and converted once for all tests."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import codebook as codebooks
from pipeline.models.base import Recipe
from pipeline.models.calibration import Calibration
from pipeline.models.classifier import Classifier
from pipeline.models.encoder.fine_tuning import FineTuningRecipe
from pipeline.models.encoder.training import TrainingSettings
from pipeline.models.ensemble import EnsembleRecipe
from pipeline.models.linear.tfidf import TfidfRecipe
from pipeline.models.openvino import Conversion, convert
from tests.models.tiny_berts import tiny_bert, weather

FRAME = """
  - code: {code}
    name: {{en: {code}}}
    definition: It is spoken of.
    present_when: [it is named]
    not_when: [it is not]
"""
FRAMES = "".join(FRAME.format(code=code) for code in ("rain", "wind", "dry"))
CODEBOOK = f'version: "0.1"\ntitle: Weather\nunit: A sentence.\nframes:{FRAMES}'.encode()


@pytest.fixture(scope="package")
def classifier() -> Classifier:
    settings = TrainingSettings(epochs=2, learning_rate=2e-3, frozen_layers=0)
    tfidf = TfidfRecipe(1, 3, 1, 4.0, "none")
    members: dict[str, Recipe] = {
        "tfidf": tfidf,
        "transformer": FineTuningRecipe(tiny_bert(spread=0.2), settings),
    }
    fitted = EnsembleRecipe(members, [1, 1]).fit(weather(200, 1), weather(60, 2))
    codebook = codebooks.parse(CODEBOOK, "codebook.yaml")
    return Classifier(fitted, Calibration.none(3), np.full(3, 0.5), codebook, CODEBOOK)


@pytest.fixture(scope="package")
def conversion(classifier: Classifier) -> Conversion:
    made = convert(
        classifier,
        quantise_on=weather(200, 1).passages,
        compare_on=weather(150, 3).passages,
        rng=np.random.default_rng(0),
    )
    assert made is not None
    return made
