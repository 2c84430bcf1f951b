from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError
from pipeline.models.linear.mentions import MentionsModel, MentionsRecipe, find
from tests.conftest import SMALL_CODEBOOK, passages_of

CUES = [["river council"], ["harbour*"]]


def test_words_on_both_sides_of_a_mention_are_read_and_targets_are_masked() -> None:
    passages = passages_of(["We thank the River Council, and the harbours too, for all their work"])
    found = find(passages, CUES, window=3)
    assert found.target.tolist() == [0, 1]
    assert found.row.tolist() == [0, 0]
    assert found.words["left"][0] == "we thank the"
    assert found.words["right"][0] == ", and the"
    # The other target stands as "other", so that what is said of it is not taken for what is
    # said of this one.
    assert "othertarget" in find(passages, CUES, window=4).words["right"][0]


def test_several_mentions_in_a_passage_are_one_pair() -> None:
    found = find(passages_of(["The harbour, the old harbour, our harbour"]), CUES, window=2)
    assert found.target.tolist() == [1]
    assert found.words["left"][0].count("…") == 2


def test_a_text_without_mentions_gives_no_pair() -> None:
    found = find(passages_of(["Nothing happens.", ""]), CUES, window=2)
    assert len(found.row) == 0


@pytest.fixture
def two_towns() -> Codebook:
    """Frames rain and wind; targets town and port."""
    second = b"""  - code: port
    name: {en: Port}
    definition: The port.
    present_when: [the port is mentioned]
    not_when: [another port is meant]
    cues: {en: [port]}
"""
    return codebooks.parse(SMALL_CODEBOOK.replace(b"tone:\n", second + b"tone:\n"), "two.yaml")


BLAMED = ["All plans were rejected by the {}.", "The work was wrecked by the {}."]
THANKED = ["We are grateful to the {} for help.", "We thank the {} for everything."]


def coded(
    codebook: Codebook, against: list[str], favour: list[str], target: str
) -> LabeledPassages:
    """Passages that blame or thank one target and leave all else absent."""
    texts = [text.format(target) for text in against + favour]
    soft = np.zeros((len(texts), len(codebook.outputs)), np.float32)
    question = next(q for q in codebook.questions if q.rule.code == target)
    first = list(codebook.columns_of(question))
    soft[: len(against), first[0]] = 1
    soft[len(against) :, first[2]] = 1
    answers = np.full((len(texts), len(codebook.questions)), "absent", object)
    return LabeledPassages(passages_of(texts), soft, np.ones(soft.shape, bool), answers)


def fitted(codebook: Codebook) -> MentionsModel:
    train = coded(codebook, BLAMED * 3, THANKED * 3, "town")
    return MentionsRecipe(codebook, 5, 1, 10.0).fit(train, train)


def test_what_is_said_beside_one_target_is_learnt_for_the_others(two_towns: Codebook) -> None:
    texts = passages_of(["It was rejected by the port.", "We thank the port for it."])
    question = next(q for q in two_towns.questions if q.rule.code == "port")
    p = fitted(two_towns).probabilities(texts)[:, list(two_towns.columns_of(question))]
    assert p[0, 0] > p[0, 2]
    assert p[1, 2] > p[1, 0]


def test_a_target_that_is_not_mentioned_gets_its_usual_rate(two_towns: Codebook) -> None:
    model = fitted(two_towns)
    p = model.probabilities(passages_of(["Rejected by nobody."]))
    assert p[0] == pytest.approx(model.rates)
    assert p[0].max() < 0.05


def test_frames_get_the_same_answer_for_every_text(two_towns: Codebook) -> None:
    p = fitted(two_towns).probabilities(passages_of(["Rain in the town", "Wind", ""]))
    assert np.ptp(p[:, :2], axis=0).tolist() == [0, 0]


def test_a_codebook_without_targets_leaves_it_nothing_to_say(small_codebook: Codebook) -> None:
    bare = replace(small_codebook, targets=())
    train = LabeledPassages(
        passages_of(["Rain"]),
        np.ones((1, len(bare.outputs)), np.float32),
        np.ones((1, len(bare.outputs)), bool),
        np.full((1, len(bare.questions)), "present", object),
    )
    model = MentionsRecipe(bare, 5, 1, 1.0).fit(train, train)
    assert model.probabilities(passages_of(["Rain", "Wind"])).shape == (2, len(bare.outputs))


def test_a_table_that_hardly_mentions_a_target_is_learnt_too(
    two_towns: Codebook, tmp_path: Path
) -> None:
    # One mention, with nothing on its left.
    train = coded(two_towns, ["Town plans were rejected."], ["Nothing happens here."], "town")
    model = MentionsRecipe(two_towns, 5, 1, 10.0).fit(train, train)
    assert model.vocabularies[0].terms == []
    model.save(tmp_path)
    texts = passages_of(["They blame the town.", "Nothing"])
    p = MentionsModel.load(tmp_path).probabilities(texts)
    assert np.array_equal(p, model.probabilities(texts))
    assert np.isfinite(p).all()


def test_a_saved_model_answers_as_before(two_towns: Codebook, tmp_path: Path) -> None:
    model = fitted(two_towns)
    model.save(tmp_path)
    texts = passages_of(["It was rejected by the port, not by the town.", "Nothing"])
    assert np.array_equal(
        MentionsModel.load(tmp_path).probabilities(texts), model.probabilities(texts)
    )


def test_a_file_that_is_no_such_model_is_refused(two_towns: Codebook, tmp_path: Path) -> None:
    fitted(two_towns).save(tmp_path)
    (tmp_path / "mentions.json").write_text('{"cues": []}')
    with pytest.raises(InputError, match=r"mentions\.json: not a mentions model"):
        MentionsModel.load(tmp_path)
