import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.models.base import Recipe
from pipeline.models.calibration import Calibration, logit
from pipeline.models.ensemble import EnsembleModel, EnsembleRecipe, shares_of
from pipeline.models.linear.lexicon import LexiconRecipe
from pipeline.models.linear.tfidf import TfidfRecipe
from pipeline.models.registry import load_fitted
from tests.conftest import Coder, passages_of

TEXTS = ["Rain today.", "A gale blows.", "A bad town in the rain.", "Nothing happens here."]
ANSWERS = [
    ("present", "absent", "absent"),
    ("absent", "present", "absent"),
    ("present", "absent", "against"),
    ("absent", "absent", "absent"),
]
TFIDF = TfidfRecipe(
    word_ngrams=1, character_ngrams=3, min_documents=1, inverse_regularisation=1.0, context="none"
)


def fitted(codebook: Codebook, code: Coder, weights: list[float]) -> EnsembleModel:
    coded = code(TEXTS, ANSWERS)
    members: dict[str, Recipe] = {"lexicon": LexiconRecipe(codebook), "tfidf": TFIDF}
    return EnsembleRecipe(members, weights).fit(coded, coded)


def test_members_are_averaged_in_logits_by_their_shares() -> None:
    model = EnsembleModel([], [Calibration.none(1)] * 2, np.array([[0.75], [0.25]], np.float32))
    p = model.combine([np.array([[0.8]], np.float32), np.array([[0.1]], np.float32)])
    expected = 0.75 * logit(np.array([0.8])) + 0.25 * logit(np.array([0.1]))
    assert logit(p) == pytest.approx(expected[:, None], abs=1e-4)


def test_a_member_without_weight_has_no_say(small_codebook: Codebook, code: Coder) -> None:
    model = fitted(small_codebook, code, [1.0, 0.0])
    texts = passages_of(TEXTS)
    alone = model.calibrations[0].apply(model.members[0].probabilities(texts))
    assert model.probabilities(texts) == pytest.approx(alone, abs=1e-5)


def test_a_member_that_never_differs_abstains() -> None:
    varied, constant = np.array([[0.2], [0.6]]), np.array([[0.3], [0.3]])
    answers = [np.hstack([varied, varied, constant]), np.hstack([varied, constant, constant])]
    shares = shares_of([1.0, 3.0], answers)
    assert shares == pytest.approx(np.array([[0.25, 1, 0.25], [0.75, 0, 0.75]]))


def test_without_dev_every_member_keeps_its_weight() -> None:
    nothing = np.zeros((0, 2), np.float32)
    assert shares_of([1.0, 1.0], [nothing, nothing]) == pytest.approx(np.full((2, 2), 0.5))


def test_an_ensemble_saved_with_one_share_per_member_loads(
    small_codebook: Codebook, code: Coder, tmp_path: Path
) -> None:
    model = fitted(small_codebook, code, [1.0, 3.0])
    model.save(tmp_path)
    file = tmp_path / "ensemble.json"
    entries = json.loads(file.read_text(encoding="utf-8"))
    for entry, share in zip(entries, (0.25, 0.75), strict=True):
        del entry["shares"]
        entry["share"] = share
    file.write_text(json.dumps(entries), encoding="utf-8")
    outputs = len(small_codebook.outputs)
    expected = np.repeat([[0.25], [0.75]], outputs, axis=1)
    assert EnsembleModel.load(tmp_path, load_fitted).shares == pytest.approx(expected)


def test_a_saved_ensemble_answers_as_before(
    small_codebook: Codebook, code: Coder, tmp_path: Path
) -> None:
    model = fitted(small_codebook, code, [1.0, 1.0])
    model.save(tmp_path)
    texts = passages_of([*TEXTS, "Unseen words"])
    assert np.array_equal(
        EnsembleModel.load(tmp_path, load_fitted).probabilities(texts), model.probabilities(texts)
    )


def test_a_member_folder_outside_the_model_is_not_followed(
    small_codebook: Codebook, code: Coder, tmp_path: Path
) -> None:
    inside = tmp_path / "model"
    inside.mkdir()
    fitted(small_codebook, code, [1.0, 1.0]).save(inside)
    (inside / "0-lexicon").rename(tmp_path / "0-lexicon")
    file = inside / "ensemble.json"
    text = file.read_text(encoding="utf-8").replace('"0-lexicon"', '"../0-lexicon"')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no such folder"):
        EnsembleModel.load(inside, load_fitted)
