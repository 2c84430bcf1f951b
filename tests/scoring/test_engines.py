from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.errors import InputError
from pipeline.models.classifier import Classifier
from pipeline.models.encoder import devices
from pipeline.models.encoder.probe import FittedProbe
from pipeline.models.linear.logistic import LinearHeads
from pipeline.models.openvino import Conversion
from pipeline.models.openvino.encoder import Graph
from pipeline.scoring.engines import choose
from tests.models.tiny_berts import HIDDEN, passages_of, tiny_bert

SaveModel = Callable[..., Path]


@pytest.fixture
def classifier(save_model: SaveModel) -> Classifier:
    """A tiny encoder with heads of no meaning in the place of the lexicon."""
    lexicon = Classifier.load(save_model())
    outputs = len(lexicon.thresholds)
    weights = np.linspace(-1, 1, outputs * HIDDEN).reshape(outputs, HIDDEN).astype(np.float32)
    probe = FittedProbe(tiny_bert(), LinearHeads(weights, np.zeros(outputs, np.float32)), "none")
    return replace(lexicon, fitted=probe)


def conversion(classifier: Classifier, *, differ: bool) -> Conversion:
    """Not a working graph: these tests never run it."""
    reference = np.full((200, len(classifier.thresholds)), 0.9, np.float32)
    converted = reference.copy()
    converted[: 50 if differ else 0] = 0.1
    graphs = {"probe": Graph(b"<net/>", b"weights")}
    return Conversion(graphs, reference, converted, {"refused": None})


def test_a_model_with_an_accepted_conversion_is_answered_in_integers(
    classifier: Classifier, tmp_path: Path
) -> None:
    made = conversion(classifier, differ=False)
    made.save(tmp_path)
    chosen = choose("openvino", classifier, tmp_path)
    assert chosen.fallback_reason is None
    # The ledger keeps this name: another conversion or another OpenVINO is another run.
    assert chosen.engine.name.startswith("openvino ")
    assert chosen.engine.name.endswith(f" int8 {made.digest[:12]}")


def test_torch_answers_where_it_is_asked_for(classifier: Classifier, tmp_path: Path) -> None:
    conversion(classifier, differ=False).save(tmp_path)
    chosen = choose("torch", classifier, tmp_path)
    assert (chosen.engine.name, chosen.fallback_reason) == ("torch", None)
    passages = passages_of(["rain", "wind"])
    assert np.array_equal(
        chosen.engine.probabilities(passages), classifier.answer(passages).probabilities
    )


def test_torch_stands_in_for_a_conversion_that_is_missing_and_says_so(
    classifier: Classifier, tmp_path: Path
) -> None:
    chosen = choose("openvino", classifier, tmp_path)
    assert chosen.engine.name == "torch"
    assert chosen.fallback_reason is not None
    assert "holds no converted model" in chosen.fallback_reason


def test_torch_stands_in_for_a_conversion_that_decides_otherwise(
    classifier: Classifier, tmp_path: Path
) -> None:
    conversion(classifier, differ=True).save(tmp_path)
    chosen = choose("openvino", classifier, tmp_path)
    assert chosen.engine.name == "torch"
    assert chosen.fallback_reason is not None
    assert "is refused" in chosen.fallback_reason
    assert "(25.0%) differ" in chosen.fallback_reason


def test_a_model_without_an_encoder_needs_no_conversion(save_model: SaveModel) -> None:
    folder = save_model()
    chosen = choose("openvino", Classifier.load(folder), folder)
    assert (chosen.engine.name, chosen.fallback_reason) == ("torch", None)


def test_an_unknown_engine_is_refused(classifier: Classifier, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'openvino'"):
        choose("openvin", classifier, tmp_path)


def test_torch_is_asked_for_on_a_device_that_is_there(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose("torch", classifier, tmp_path, "cpu").engine.name == "torch"
    with pytest.raises(InputError, match=r"score\.device=cuda: .*finds no such device"):
        choose("torch", classifier, tmp_path, "cuda")


def test_the_encoder_is_moved_and_the_device_is_part_of_the_name(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The meta device, which has shapes and no numbers, stands in for a GPU."""
    monkeypatch.setattr(devices, "device_here", lambda wanted, setting: "meta")
    assert choose("torch", classifier, tmp_path, "cuda").engine.name == "torch meta"
    assert isinstance(classifier.fitted, FittedProbe)
    assert classifier.fitted.backbone.encoder.device.type == "meta"
