from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.models.calibration import Calibration, logit, sigmoid
from pipeline.models.classifier import Classifier, train_classifier, version_of
from pipeline.models.linear.lexicon import LexiconRecipe
from pipeline.models.recalibration import Refit, recalibrate, refit
from tests.conftest import SMALL_CODEBOOK, Coder

RAIN, NOTHING = ("present", "absent", "absent"), ("absent", "absent", "absent")


@pytest.fixture
def folder(small_codebook: Codebook, code: Coder, tmp_path: Path) -> Path:
    path = tmp_path / "codebook.yaml"
    path.write_bytes(SMALL_CODEBOOK)
    coded = code([f"Rain {i}." for i in range(30)] + [f"Sun {i}." for i in range(30)],
                 [RAIN] * 30 + [NOTHING] * 30)  # fmt: skip
    classifier = train_classifier(
        LexiconRecipe(small_codebook), train=coded, dev=coded, codebook_path=path
    )
    classifier.save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "coded.jsonl"
    path.write_text("the coded file", encoding="utf-8")
    return path


def test_nothing_learnt_leaves_what_was_shipped(small_codebook: Codebook, code: Coder) -> None:
    shipped = Refit(Calibration.none(5), np.full(5, 0.4))
    coded = code(["a", "b"], [NOTHING, NOTHING])
    fitted = refit(np.full((2, 5), 0.2, np.float32), coded, shipped, small_codebook)
    assert fitted.calibration.slope.tolist() == [1.0] * 5
    assert fitted.calibration.offset.tolist() == [0.0] * 5
    assert fitted.thresholds.tolist() == [0.4] * 5


def test_many_passages_move_a_timid_model_and_few_hardly(
    small_codebook: Codebook, code: Coder
) -> None:
    # Scores are right in order and two logits too low.
    shipped = Refit(Calibration.none(5), np.full(5, 0.5))

    def offset(n: int) -> float:
        rng = np.random.default_rng(0)
        truth = rng.normal(0, 2, n)
        present = rng.random(n) < sigmoid(truth)
        coded = code([f"t{i}" for i in range(n)], [RAIN if p else NOTHING for p in present])
        raw = np.full((n, 5), 0.01, np.float32)
        raw[:, 0] = sigmoid(truth - 2)
        fitted = refit(raw, coded, shipped, small_codebook)
        one = np.full((1, 5), 0.5, np.float32)
        return float(logit(fitted.calibration.apply(one))[0, 0])

    few, many = offset(10), offset(1000)
    assert 0 < few < many
    assert many == pytest.approx(2.0, abs=0.5)


def test_stances_stay_as_they_were_shipped(small_codebook: Codebook, code: Coder) -> None:
    shipped = Refit(Calibration.none(5), np.full(5, 0.5))
    coded = code([f"t{i}" for i in range(60)], [("present", "absent", "against")] * 60)
    fitted = refit(np.full((60, 5), 0.1, np.float32), coded, shipped, small_codebook)
    assert fitted.calibration.offset[0] > 0
    assert fitted.calibration.offset[2:].tolist() == [0.0] * 3
    assert fitted.calibration.slope[2:].tolist() == [1.0] * 3
    assert fitted.thresholds[2:].tolist() == [0.5] * 3


def test_the_new_folder_holds_both_fits_and_the_old_one_is_untouched(
    folder: Path, source: Path, code: Coder, tmp_path: Path
) -> None:
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    # Here umbrellas are sold, and no rain falls: the cue misleads.
    coded = code([f"Rain {i}." for i in range(40)], [NOTHING] * 30 + [RAIN] * 10)
    found = recalibrate(folder, coded, source=source, destination=tmp_path / "local")
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    new = tmp_path / "local"
    assert (new / "shipped.json").read_bytes() == (folder / "classifier.json").read_bytes()
    assert version_of(new).endswith("-local")
    assert not version_of(folder).endswith("-local")
    local, shipped = Classifier.load(new), Classifier.load(new, description="shipped.json")
    assert (
        local.answer(coded.passages).probabilities[0, 0]
        < (shipped.answer(coded.passages).probabilities[0, 0])
    )
    kept = local.provenance["local"]
    assert kept == found.kept
    assert (kept["file"], kept["passages"], kept["present"]["rain"]) == ("coded.jsonl", 40, 10)
    assert kept["error_rates"]["rain"]["of_present"] <= 10
    assert found.local.decisions.shape == (40, 3)


def test_recalibrating_again_starts_from_what_was_shipped(
    folder: Path, source: Path, code: Coder, tmp_path: Path
) -> None:
    coded = code([f"Rain {i}." for i in range(40)], [NOTHING] * 30 + [RAIN] * 10)
    recalibrate(folder, coded, source=source, destination=tmp_path / "one")
    recalibrate(tmp_path / "one", coded, source=source, destination=tmp_path / "two")
    once, twice = (
        json.loads((tmp_path / name / "classifier.json").read_text(encoding="utf-8"))
        for name in ("one", "two")
    )
    assert once == twice


def test_too_small_a_sample_and_a_folder_that_exists_are_refused(
    folder: Path, source: Path, code: Coder, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"coded\.jsonl: 1 coded passages are too few"):
        recalibrate(folder, code(["a"], [RAIN]), source=source, destination=tmp_path / "new")
    assert not (tmp_path / "new").exists()
    many = code([f"t{i}" for i in range(30)], [RAIN] * 30)
    with pytest.raises(InputError, match="exists already"):
        recalibrate(folder, many, source=source, destination=folder)
