import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.models.classifier import Classifier, train_classifier, version_of
from pipeline.models.linear.lexicon import LexiconRecipe
from pipeline.models.predictions import decide
from tests.conftest import SMALL_CODEBOOK, Coder, passages_of

TEXTS = ["Rain today.", "A gale.", "A bad town in the rain.", "Nothing."]
ANSWERS = [
    ("present", "absent", "absent"),
    ("absent", "present", "absent"),
    ("present", "absent", "against"),
    ("absent", "absent", "absent"),
]


@pytest.fixture
def classifier(small_codebook: Codebook, code: Coder, tmp_path: Path) -> Classifier:
    path = tmp_path / "codebook.yaml"
    path.write_bytes(SMALL_CODEBOOK)
    coded = code(TEXTS, ANSWERS)
    return train_classifier(
        LexiconRecipe(small_codebook), train=coded, dev=coded, codebook_path=path
    )


def test_a_frame_is_present_at_its_threshold_and_above(small_codebook: Codebook) -> None:
    p = np.array([[0.5, 0.49, 0, 0, 0], [0.51, 0.5, 0, 0, 0]], np.float32)
    decisions = decide(p, np.full(5, 0.5), small_codebook)
    assert decisions[:, 0].tolist() == ["present", "present"]
    assert decisions[:, 1].tolist() == ["absent", "present"]


def test_the_largest_stance_above_its_own_threshold_wins(small_codebook: Codebook) -> None:
    thresholds = np.array([0.5, 0.5, 0.8, 0.3, 0.3])
    p = np.array(
        [
            [0, 0, 0.7, 0.4, 0.35],  # against is largest but below its threshold
            [0, 0, 0.9, 0.4, 0.35],
            [0, 0, 0.7, 0.2, 0.2],  # none reaches its threshold
            [0, 0, 0.1, 0.4, 0.4],  # a tie goes to the first
        ],
        np.float32,
    )
    decisions = decide(p, thresholds, small_codebook)
    assert decisions[:, 2].tolist() == ["neutral", "against", "absent", "neutral"]


def test_a_saved_classifier_answers_as_before(classifier: Classifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "model")
    again = Classifier.load(tmp_path / "model")
    texts = passages_of([*TEXTS, "A good town 🏙", ""])
    assert np.array_equal(again.answer(texts).probabilities, classifier.answer(texts).probabilities)
    assert np.array_equal(again.answer(texts).decisions, classifier.answer(texts).decisions)
    assert again.codebook.digest == classifier.codebook.digest


def test_saving_takes_the_place_of_an_older_classifier_whole(
    classifier: Classifier, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    classifier.save(folder)
    (folder / "left_over.txt").write_text("old", encoding="utf-8")
    classifier.save(folder)
    assert not (folder / "left_over.txt").exists()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_version_stands_for_every_byte(classifier: Classifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "a")
    classifier.save(tmp_path / "b")
    assert version_of(tmp_path / "a") == version_of(tmp_path / "b")
    file = tmp_path / "b" / "classifier.json"
    file.write_text(file.read_text(encoding="utf-8").replace("0.", "0.1", 1), encoding="utf-8")
    assert version_of(tmp_path / "a") != version_of(tmp_path / "b")


def test_a_folder_without_a_classifier_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no classifier here.*--model"):
        Classifier.load(tmp_path)


def test_a_kind_that_nobody_knows_is_not_imported(classifier: Classifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "model")
    path = tmp_path / "model" / "classifier.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(raw | {"kind": "os.system"}), encoding="utf-8")
    with pytest.raises(InputError, match=r"unknown kind of model 'os\.system'"):
        Classifier.load(tmp_path / "model")


def test_a_codebook_that_does_not_fit_the_outputs_is_refused(
    classifier: Classifier, tmp_path: Path
) -> None:
    classifier.save(tmp_path / "model")
    yaml = tmp_path / "model" / "codebook.yaml"
    yaml.write_bytes(SMALL_CODEBOOK.replace(b"code: wind", b"code: storm"))
    with pytest.raises(InputError, match="outputs do not match its codebook"):
        Classifier.load(tmp_path / "model")


def test_a_folder_that_is_not_whole_is_refused(classifier: Classifier, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    classifier.save(folder)
    (folder / "codebook.yaml").unlink()
    with pytest.raises(InputError, match=r"codebook\.yaml: cannot read the codebook"):
        Classifier.load(folder)
    (folder / "classifier.json").write_text('{"format": 1, "outputs": []}', encoding="utf-8")
    with pytest.raises(InputError, match="kind, slope, offset, thresholds missing; train again"):
        Classifier.load(folder)


def test_training_on_nothing_is_refused_in_one_line(
    small_codebook: Codebook, code: Coder, tmp_path: Path
) -> None:
    path = tmp_path / "codebook.yaml"
    path.write_bytes(SMALL_CODEBOOK)
    with pytest.raises(InputError, match="0 passages in train"):
        train_classifier(
            LexiconRecipe(small_codebook),
            train=code([], []),
            dev=code(TEXTS, ANSWERS),
            codebook_path=path,
        )
