from pathlib import Path

import numpy as np
import pytest

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.models.linear.lexicon import LexiconModel, LexiconRecipe
from tests.conftest import SMALL_CODEBOOK, Coder, passages_of


@pytest.fixture
def model(small_codebook: Codebook, code: Coder) -> LexiconModel:
    nothing = code([], [])
    return LexiconRecipe(small_codebook).fit(nothing, nothing)


def test_a_frame_is_likelier_the_more_of_its_cues_are_there(model: LexiconModel) -> None:
    p = model.probabilities(passages_of(["Dry.", "Rainy.", "Rain: take an umbrella."]))
    assert p[0, 0] < p[1, 0] < p[2, 0]


def test_a_cue_without_a_star_matches_the_whole_word_only(model: LexiconModel) -> None:
    p = model.probabilities(passages_of(["The window is open.", "The wind is cold."]))
    assert p[0, 1] < 0.1 < p[1, 1]


def test_cues_of_every_language_count(model: LexiconModel) -> None:
    assert model.probabilities(passages_of(["Пошёл дождь."]))[0, 0] > 0.5


def test_tone_gives_a_mentioned_target_its_stance(model: LexiconModel) -> None:
    p = model.probabilities(
        passages_of(["A bad town.", "The town lies inland.", "A good town.", "Good or bad."])
    )
    against, neutral, favour = p[:, 2], p[:, 3], p[:, 4]
    assert against[0] > max(neutral[0], favour[0])
    assert neutral[1] > max(against[1], favour[1])
    assert favour[2] > max(against[2], neutral[2])
    assert p[3, 2:].max() < 0.1


def test_a_saved_lexicon_answers_as_before(model: LexiconModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    texts = passages_of(["Rain in a good town", ""])
    assert np.array_equal(
        LexiconModel.load(tmp_path).probabilities(texts), model.probabilities(texts)
    )


def test_a_codebook_without_cues_has_no_lexicon(code: Coder) -> None:
    bare = b"\n".join(line for line in SMALL_CODEBOOK.splitlines() if b"cues:" not in line)
    with pytest.raises(InputError, match="no cues"):
        LexiconRecipe(codebooks.parse(bare, "bare.yaml")).fit(code([], []), code([], []))
