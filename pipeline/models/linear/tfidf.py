"""Word and character n-grams with one logistic regression per output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import LabeledPassages, Matrix
from pipeline.models.context import context_of
from pipeline.models.linear.logistic import LinearHeads, fit_heads
from pipeline.models.linear.ngrams import counts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ANALYZERS = ("word", "char_wb")
# Passages per block, to limit memory use: a long passage has thousands of n-grams.
READ_AT_ONCE = 4096


@dataclass(frozen=True)
class TfidfRecipe:
    """Settings; ``context`` is none, before or both, and adds separate features."""

    word_ngrams: int
    character_ngrams: int
    min_documents: int
    inverse_regularisation: float
    context: str

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> TfidfModel:
        texts = train.passages["text"].to_list()
        parts = [
            ("text", "word", (1, self.word_ngrams)),
            ("text", "char_wb", (2, self.character_ngrams)),
        ]
        sources = {"text": texts, "context": context_of(train.passages, self.context)}
        if any(sources["context"]):
            parts.append(("context", "word", (1, 1)))
        vocabularies = [
            Vocabulary.learn(sources[field], field, analyzer, ngrams, self.min_documents)
            for field, analyzer, ngrams in parts
        ]
        if not any(vocabulary.terms for vocabulary in vocabularies):
            raise InputError(
                "tfidf: no term occurs in "
                f"model.tfidf.min_documents={self.min_documents} passages; lower it, or label more"
            )
        model = TfidfModel(vocabularies, LinearHeads.empty(), self.context)
        heads = fit_heads(
            model.features(train.passages), train.soft, train.asked, self.inverse_regularisation
        )
        return TfidfModel(vocabularies, heads, self.context)


@dataclass(frozen=True)
class Vocabulary:
    """The terms of one analyser on one field, with their inverse document frequencies."""

    field: str
    analyzer: str
    ngrams: tuple[int, int]
    terms: list[str]
    idf: np.ndarray[Any, np.dtype[np.float64]]

    @classmethod
    def learn(
        cls, texts: Sequence[str], field: str, analyzer: str, ngrams: tuple[int, int], least: int
    ) -> Vocabulary:
        """The terms that occur in at least ``least`` texts; there may be none."""
        vectorizer = _vectorizer(analyzer, ngrams, min(least, max(1, len(texts))))
        try:
            vectorizer.fit(texts)
        except ValueError:  # scikit-learn raises it if there are no terms
            return cls(field, analyzer, ngrams, [], np.zeros(0))
        return cls(
            field, analyzer, ngrams, vectorizer.get_feature_names_out().tolist(), vectorizer.idf_
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "field": self.field,
            "analyzer": self.analyzer,
            "ngrams": list(self.ngrams),
            "terms": self.terms,
            "idf": self.idf.tolist(),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Vocabulary:
        """The inverse of ``to_json``; raises KeyError, TypeError, ValueError or IndexError."""
        if raw["analyzer"] not in ANALYZERS:
            raise ValueError(f"the analyser is not one of {ANALYZERS}")
        return cls(
            str(raw["field"]),
            str(raw["analyzer"]),
            (int(raw["ngrams"][0]), int(raw["ngrams"][1])),
            [str(term) for term in raw["terms"]],
            np.asarray(raw["idf"], np.float64),
        )

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """``(texts, terms)``: (1 + log count) · idf, with rows of unit length.

        A row does not depend on the other rows, to the last bit.
        """
        numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        matrix = counts(list(numbers), self.analyzer, self.ngrams, self.index)
        matrix.sort_indices()
        of_row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        matrix.data = (1 + np.log(matrix.data)) * self.idf[matrix.indices]
        squares = np.bincount(of_row, matrix.data**2, matrix.shape[0])
        matrix.data /= np.sqrt(squares)[of_row]
        return matrix[[numbers[text] for text in texts]]

    @cached_property
    def index(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.terms)}


def _vectorizer(analyzer: str, ngrams: tuple[int, int], min_df: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=ngrams,
        min_df=min_df,
        sublinear_tf=True,
        lowercase=True,
        dtype=np.float64,
    )


@dataclass(frozen=True)
class TfidfModel:
    """Vocabularies and one linear head per output."""

    kind: ClassVar[str] = "tfidf"

    vocabularies: list[Vocabulary]
    heads: LinearHeads
    context: str

    def features(self, passages: pl.DataFrame) -> csr_matrix:
        """``(n, terms of all vocabularies)``, each vocabulary's rows of unit length."""
        from scipy.sparse import hstack

        sources = {
            "text": passages["text"].to_list(),
            "context": context_of(passages, self.context),
        }
        return hstack([v.transform(sources[v.field]) for v in self.vocabularies], format="csr")

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        result = np.zeros((passages.height, self.heads.outputs), np.float32)
        for start in range(0, passages.height, READ_AT_ONCE):
            some = passages[start : start + READ_AT_ONCE]
            result[start : start + some.height] = self.heads.probabilities(self.features(some))
        return result

    def save(self, folder: Path) -> None:
        files.write_json(
            folder / "tfidf.json",
            {
                "context": self.context,
                "vocabularies": [vocabulary.to_json() for vocabulary in self.vocabularies],
            },
        )
        self.heads.save(folder / "heads.safetensors")

    @classmethod
    def load(cls, folder: Path) -> TfidfModel:
        raw = files.read_json(folder / "tfidf.json")
        try:
            vocabularies = [Vocabulary.from_json(v) for v in raw["vocabularies"]]
            return cls(
                vocabularies, LinearHeads.load(folder / "heads.safetensors"), str(raw["context"])
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(f"{folder}/tfidf.json: not a tfidf model: {error!r}") from error
