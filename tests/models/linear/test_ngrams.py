import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from pipeline.models.linear.ngrams import counts
from pipeline.models.linear.tfidf import Vocabulary

TEXTS = [
    "Rain, rain and more rain; a I ab",
    "The   harbour\t\twas\nclosed — the harbour!",
    "Дождь шёл всю ночь, ДОЖДЬ",
    "",
    "😀 é ẞ İstanbul x",
]
KINDS = [("word", (1, 1)), ("word", (1, 3)), ("char_wb", (2, 5)), ("char_wb", (1, 3))]


@pytest.mark.parametrize(("analyzer", "ngrams"), KINDS)
@given(texts=st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_counts_are_those_of_scikit_learn(
    analyzer: str, ngrams: tuple[int, int], texts: list[str]
) -> None:
    own = TEXTS + texts
    vectorizer = CountVectorizer(analyzer=analyzer, ngram_range=ngrams)
    theirs = vectorizer.fit_transform(own).toarray()
    ours = counts(own, analyzer, ngrams, vectorizer.vocabulary_)
    assert np.array_equal(ours.toarray(), theirs)


@pytest.mark.parametrize(("analyzer", "ngrams"), KINDS)
def test_weights_are_those_of_scikit_learn(analyzer: str, ngrams: tuple[int, int]) -> None:
    vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True)
    vectorizer.fit(TEXTS[:3])
    terms = vectorizer.get_feature_names_out().tolist()
    ours = Vocabulary("text", analyzer, ngrams, terms, vectorizer.idf_).transform(TEXTS)
    np.testing.assert_allclose(ours.toarray(), vectorizer.transform(TEXTS).toarray(), rtol=1e-12)


def test_a_row_does_not_depend_on_the_others() -> None:
    own = Vocabulary.learn(TEXTS, "text", "char_wb", (2, 4), 1)
    alone = own.transform(TEXTS[1:2])
    among = own.transform([TEXTS[2], TEXTS[0], TEXTS[1], TEXTS[0]])
    assert alone.nnz > 0
    assert np.array_equal(among[2].toarray(), alone.toarray())
    assert np.array_equal(among[1].toarray(), among[3].toarray())
