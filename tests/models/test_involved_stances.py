from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError
from pipeline.models.base import Matrix
from pipeline.models.involved_stances import (
    Claim,
    InvolvedStancesModel,
    InvolvedStancesRecipe,
    claims_of,
)
from pipeline.models.linear.lexicon import LexiconRecipe
from pipeline.models.registry import load_fitted
from tests.conftest import SMALL_CODEBOOK, Coder, passages_of

# Outputs of the small codebook: rain, wind, town against, neutral, favour.
RAIN, AGAINST, FAVOUR = 0, 2, 4
CLAIM = Claim(RAIN, [AGAINST], [FAVOUR])


@dataclass(frozen=True)
class Says:
    """Says the same numbers whatever it is asked."""

    table: Matrix
    kind: ClassVar[str] = "says"

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> Says:
        return self

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        return self.table

    def save(self, folder: Path) -> None:
        raise NotImplementedError


def claiming(addition: str) -> Codebook:
    text = SMALL_CODEBOOK.decode().replace("    core: true\n", f"    core: true\n{addition}")
    return codebooks.parse(text.encode(), "claiming.yaml")


def test_the_codebook_says_which_outputs_a_claim_rests_on() -> None:
    assert claims_of(claiming("    involves: {town: against}\n")) == [CLAIM]
    assert claims_of(claiming("    involves: {town: favour}\n")) == [
        Claim(RAIN, [FAVOUR], [AGAINST])
    ]
    assert claims_of(claiming("")) == []


def test_a_frame_follows_the_stance_that_it_involves(code: Coder) -> None:
    # The frame's own probability is the same for all; half of the texts are against the town.
    texts = [f"text {number}" for number in range(100)]
    against = np.arange(100) % 2 == 0
    coded = code(texts, [("present" if a else "absent", "absent", "absent") for a in against])
    table = np.full((100, 5), 0.5, np.float32)
    table[:, AGAINST], table[:, FAVOUR] = np.where(against, 0.9, 0.1), np.where(against, 0.1, 0.9)
    fitted = InvolvedStancesRecipe(Says(table), [CLAIM]).fit(coded, coded)
    said = fitted.probabilities(coded.passages)
    assert said[against, RAIN].min() > 0.8
    assert said[~against, RAIN].max() < 0.2
    assert np.array_equal(said[:, 1:], table[:, 1:])
    _, supporting, opposing, _ = fitted.weights[0]
    assert supporting > 0 > opposing


def test_without_a_positive_on_dev_nothing_changes(code: Coder) -> None:
    coded = code(["one", "two"], [("absent", "absent", "absent")] * 2)
    table = np.full((2, 5), 0.3, np.float32)
    said = (
        InvolvedStancesRecipe(Says(table), [CLAIM]).fit(coded, coded).probabilities(coded.passages)
    )
    assert said == pytest.approx(table, abs=1e-6)


def test_a_stance_never_speaks_against_the_claim_that_expresses_it(code: Coder) -> None:
    texts = [f"text {number}" for number in range(60)]
    favours: NDArray[np.bool_] = np.arange(60) % 2 == 0
    coded = code(texts, [("present" if f else "absent", "absent", "absent") for f in favours])
    table = np.full((60, 5), 0.5, np.float32)
    table[:, FAVOUR] = np.where(favours, 0.9, 0.1)
    table[:, AGAINST] = 1 - table[:, FAVOUR]
    fitted = InvolvedStancesRecipe(Says(table), [CLAIM]).fit(coded, coded)
    _, supporting, opposing, _ = fitted.weights[0]
    assert supporting >= 0
    assert opposing <= 0


def saved(folder: Path, code: Coder) -> InvolvedStancesModel:
    answers = [("present", "absent", "against"), ("absent", "present", "absent")]
    coded = code(["Rain in the bad town.", "Wind."], answers)
    codebook = claiming("    involves: {town: against}\n")
    recipe = InvolvedStancesRecipe(LexiconRecipe(codebook), claims_of(codebook))
    fitted = recipe.fit(coded, coded)
    fitted.save(folder)
    return fitted


def test_a_saved_model_answers_as_before(code: Coder, tmp_path: Path) -> None:
    fitted = saved(tmp_path, code)
    again = load_fitted(tmp_path, "involved_stances")
    texts = passages_of(["Rain in the bad town.", "A good town.", ""])
    assert np.array_equal(again.probabilities(texts), fitted.probabilities(texts))


def test_a_damaged_description_is_refused_by_name(code: Coder, tmp_path: Path) -> None:
    saved(tmp_path, code)
    path = tmp_path / "involved_stances.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(raw | {"weights": [[1.0]]}), encoding="utf-8")
    with pytest.raises(InputError, match=r"involved_stances\.json: not such a model"):
        load_fitted(tmp_path, "involved_stances")
