from pathlib import Path

import numpy as np
import pytest

from pipeline.models.encoder.probe import FittedProbe, ProbeRecipe, fit_probe
from pipeline.models.linear.logistic import fit_heads
from tests.models.tiny_berts import passages_of, tiny_bert, weather

pytestmark = pytest.mark.slow


def test_a_probe_finds_what_the_vectors_hold() -> None:
    fitted = ProbeRecipe(tiny_bert(), inverse_regularisation=1.0).fit(
        weather(200, 1), weather(0, 2)
    )
    test = weather(60, 3)
    right = (fitted.probabilities(test.passages) > 0.5) == (test.soft > 0.5)
    assert right.mean() > 0.8  # always the more frequent answer: 0.57


def test_heads_over_plain_vectors_say_what_heads_over_standardised_ones_say() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(3.0, [[0.01, 1.0, 20.0]], (80, 3)).astype(np.float32)
    soft = (rng.random((80, 2)) < 0.4).astype(np.float32)
    asked = np.ones((80, 2), np.bool_)
    standard = (vectors - vectors.mean(0)) / vectors.std(0)
    expected = fit_heads(standard, soft, asked, 0.1).probabilities(standard)
    actual = fit_probe(vectors, soft, asked, 0.1).probabilities(vectors)
    np.testing.assert_allclose(actual, expected, atol=2e-4)


def test_a_vector_that_never_varies_is_harmless() -> None:
    vectors = np.ones((10, 2), np.float32)
    vectors[:5, 0] = 0
    soft = np.repeat([[1.0], [0.0]], 5, axis=0).astype(np.float32)
    p = fit_probe(vectors, soft, np.ones((10, 1), np.bool_), 1.0).probabilities(vectors)
    assert np.isfinite(p).all()
    assert (p[:5] > 0.5).all()
    assert (p[5:] < 0.5).all()


@pytest.mark.parametrize("context", ["none", "before"])
def test_a_saved_probe_answers_as_before(tmp_path: Path, context: str) -> None:
    fitted = ProbeRecipe(tiny_bert(), context=context).fit(weather(40, 1), weather(0, 2))
    fitted.save(tmp_path)
    again = FittedProbe.load(tmp_path)
    passages = passages_of(["rain about town 🏙", "wind", ""], ["snow", "", ""])
    assert np.array_equal(again.probabilities(passages), fitted.probabilities(passages))


def test_cut_passages_are_counted() -> None:
    fitted = ProbeRecipe(tiny_bert(max_length=10)).fit(weather(40, 1), weather(0, 2))
    # Eight words and two special tokens fit.
    expected = sum(len(text.split()) > 8 for text in weather(40, 1).passages["text"])
    assert fitted.truncated == expected > 0
    assert fitted.is_truncated(passages_of(["one " * 8, "one " * 9])).tolist() == [False, True]


def test_rounding_noise_of_a_constant_feature_gets_no_weight() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(0, 1, (60, 3)).astype(np.float32)
    vectors[:, 2] = 0.5 + 1e-7 * rng.integers(-1, 2, 60)  # MiniLM has three such features
    soft = (vectors[:, :1] > 0).astype(np.float32)
    heads = fit_probe(vectors, soft, np.ones((60, 1), np.bool_), 1.0)
    assert abs(heads.weights[0, 2]) < 0.1 * abs(heads.weights[0, 0])
