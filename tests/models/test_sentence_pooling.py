from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.models.base import Matrix
from pipeline.models.calibration import Calibration, logit
from pipeline.models.linear.tfidf import TfidfRecipe
from pipeline.models.registry import load_fitted
from pipeline.models.sentence_pooling import (
    POOLINGS,
    Reading,
    SentencePoolingModel,
    SentencePoolingRecipe,
    pooled,
)
from pipeline.text.sentences import Span
from tests.conftest import Coder, passages_of

TFIDF = TfidfRecipe(
    word_ngrams=1, character_ngrams=3, min_documents=1, inverse_regularisation=10.0, context="none"
)
TEXTS = ["Heavy rain fell on the town.", "A gale took the roof off.", "A library opens at nine."]
ANSWERS = [
    ("present", "absent", "absent"),
    ("absent", "present", "absent"),
    ("absent", "absent", "absent"),
]


@dataclass(frozen=True)
class FindsRain:
    """Says 0.8 of a text that begins with rain, 0.2 of any other; remembers what it was asked."""

    kind: ClassVar[str] = "tfidf"
    asked: list[tuple[str, str]] = field(default_factory=list)

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        self.asked.extend(passages.select("text", "before").iter_rows())
        found = passages["text"].str.starts_with("Rain").to_numpy()
        return np.where(found, 0.8, 0.2).astype(np.float32)[:, None]

    def save(self, folder: Path) -> None:
        raise NotImplementedError

    @classmethod
    def load(cls, folder: Path) -> "FindsRain":
        raise NotImplementedError


def bag(inner: FindsRain, pooling: str, share: float) -> SentencePoolingModel:
    return SentencePoolingModel(inner, pooling, share, Calibration.none(1), Calibration.none(1))


def test_a_claim_in_one_sentence_is_found_beside_the_whole() -> None:
    # The whole says 0.2; its sentences 0.2 and 0.8.
    texts = passages_of(["All is well here. Rain is coming."])
    strongest = bag(FindsRain(), "max", 0.5).probabilities(texts)
    expected = (logit(np.array([0.2])) + logit(np.array([0.8]))) / 2
    assert logit(strongest) == pytest.approx(expected[:, None], abs=1e-4)
    together = bag(FindsRain(), "noisy_or", 1.0).probabilities(texts)
    assert together[0, 0] == pytest.approx(1 - 0.8 * 0.2, abs=1e-4)


def test_a_passage_of_one_sentence_is_read_once_and_stays_as_it_was() -> None:
    inner = FindsRain()
    texts = passages_of(["Rain is coming."])
    assert bag(inner, "noisy_or", 0.67).probabilities(texts)[0, 0] == pytest.approx(0.8, abs=1e-4)
    assert inner.asked == [("Rain is coming.", "")]


def test_sentences_keep_the_context_of_their_passage() -> None:
    inner = FindsRain()
    texts = passages_of(["One. Two."]).with_columns(before=pl.lit("Above."))
    bag(inner, "max", 0.5).probabilities(texts)
    assert inner.asked == [("One. Two.", "Above."), ("One.", "Above."), ("Two.", "Above.")]


@pytest.mark.parametrize("pooling", POOLINGS)
@given(
    counts=st.lists(st.integers(0, 4), min_size=1, max_size=6),
    seed=st.integers(0, 2**30),
)
def test_sentences_together_are_at_least_as_likely_as_each(
    pooling: str, counts: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    likely = rng.uniform(0, 0.99, (sum(counts), 2)).astype(np.float32)
    whole = rng.uniform(0, 1, (len(counts), 2)).astype(np.float32)
    spans = [[Span(0, 1)] * count for count in counts]
    result = pooled(Reading(whole, spans, likely), pooling)
    first = 0
    for row, count in enumerate(counts):
        own = likely[first : first + count]
        first += count
        if count == 0:
            assert result[row] == pytest.approx(whole[row])
        else:
            assert (result[row] >= own.max(axis=0) - 1e-6).all()
            assert (result[row] <= 1).all()


def test_the_order_of_passages_does_not_matter(code: Coder) -> None:
    coded = code(TEXTS, ANSWERS)
    model = SentencePoolingRecipe(TFIDF, "noisy_or", 0.5).fit(coded, coded)
    texts = ["Rain fell. A gale blew.", "Nothing. Nothing at all.", "A gale."]
    forward = model.probabilities(passages_of(texts))
    backward = model.probabilities(passages_of(texts[::-1]))
    assert forward == pytest.approx(backward[::-1], abs=1e-6)


def test_no_passages_give_no_rows(code: Coder) -> None:
    coded = code(TEXTS, ANSWERS)
    model = SentencePoolingRecipe(TFIDF, "noisy_or", 0.5).fit(coded, coded)
    assert len(model.probabilities(passages_of(["Rain."]).clear())) == 0


def test_a_saved_bag_answers_as_before(code: Coder, tmp_path: Path) -> None:
    coded = code(TEXTS, ANSWERS)
    model = SentencePoolingRecipe(TFIDF, "noisy_or", 0.5).fit(coded, coded)
    model.save(tmp_path)
    texts = passages_of(["Rain fell. A gale blew.", "Unseen words"])
    assert np.array_equal(
        SentencePoolingModel.load(tmp_path, load_fitted).probabilities(texts),
        model.probabilities(texts),
    )


def test_another_pooling_in_the_file_is_refused(code: Coder, tmp_path: Path) -> None:
    coded = code(TEXTS, ANSWERS)
    SentencePoolingRecipe(TFIDF, "max", 0.5).fit(coded, coded).save(tmp_path)
    path = tmp_path / "bag.json"
    path.write_text(path.read_text().replace('"max"', '"median"'))
    with pytest.raises(InputError, match=r"bag\.json: not a sentence pooling model"):
        SentencePoolingModel.load(tmp_path, load_fitted)
