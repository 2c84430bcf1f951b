"""Sentence pooling: a model reads each passage as a whole and sentence by sentence.

A claim is often made in one clause of a long paragraph. In the whole passage it is diluted; single
sentences show it, but lack context. Both predictions are calibrated on dev, and the result is the
weighted mean of their logits. A passage has a frame if at least one sentence has it
(multiple-instance learning, Maron and Lozano-Pérez 1998): ``max`` takes the largest probability,
that of the sentence shown as evidence; ``noisy_or`` assumes independent sentences, one minus the
product of their complements, which grows with every further sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import Fitted, LabeledPassages, LoadMember, Matrix, Recipe
from pipeline.models.calibration import Calibration, fit_calibration, logit, sigmoid
from pipeline.text.sentences import Span, sentences

POOLINGS = ("noisy_or", "max")
# Probabilities of sentences are limited, so that a single one is not decisive.
_CERTAIN = 0.999


@dataclass(frozen=True)
class Reading:
    """Probabilities of the inner model for n passages and for their sentences.

    Attributes:
        whole: ``(n, outputs)``, calibrated.
        spans: the sentences of each passage; none for a passage of one sentence, for which the
            whole is used.
        likely: ``(all sentences, outputs)``, with the calibration of the whole, in the order of
            ``spans``.
    """

    whole: Matrix
    spans: Sequence[Sequence[Span]]
    likely: Matrix

    @property
    def counts(self) -> NDArray[np.int64]:
        return np.array([len(own) for own in self.spans], np.int64)


@dataclass(frozen=True)
class SentencePoolingRecipe:
    """The recipe of the inner model, and how its predictions for sentences are pooled.

    ``share`` is the weight of the sentences against the whole, 0 to 1; ``pooling`` is ``noisy_or``
    or ``max``.
    """

    inner: Recipe
    pooling: str
    share: float

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> SentencePoolingModel:
        if self.pooling not in POOLINGS:
            raise InputError(f"pooling {self.pooling!r} is none of {', '.join(POOLINGS)}")
        inner = self.inner.fit(train, dev)
        unfitted = Calibration.none(train.soft.shape[1])
        raw = SentencePoolingModel(inner, self.pooling, self.share, unfitted, unfitted).read(
            dev.passages
        )
        whole = fit_calibration(raw.whole, dev.soft, dev.asked)
        reading = Reading(whole.apply(raw.whole), raw.spans, whole.apply(raw.likely))
        together = fit_calibration(pooled(reading, self.pooling), dev.soft, dev.asked)
        return SentencePoolingModel(inner, self.pooling, self.share, whole, together)


@dataclass(frozen=True)
class SentencePoolingModel:
    """A fitted model that reads passages and their sentences.

    ``whole`` calibrates the inner model, ``together`` the pooled sentences.
    """

    kind: ClassVar[str] = "bag"

    inner: Fitted
    pooling: str
    share: float
    whole: Calibration
    together: Calibration

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        return self.combine(self.read(passages))

    def read(self, passages: pl.DataFrame) -> Reading:
        """Run the inner model on passages and sentences in one call, both with context."""
        spans = [
            sentences(text, language)
            for text, language in passages.select("text", "language").iter_rows()
        ]
        spans = [own if len(own) > 1 else [] for own in spans]
        texts = passages["text"].to_list()
        alone = [t[s.start : s.end] for t, own in zip(texts, spans, strict=True) for s in own]
        rows = np.repeat(np.arange(len(spans)), [len(own) for own in spans])
        single = passages[rows].with_columns(pl.Series("text", alone, pl.String))
        read = ["text", "opening", "before", "language"]
        everything = pl.concat([passages.select(read), single.select(read)])
        said = self.whole.apply(self.inner.probabilities(everything))
        return Reading(said[: len(spans)], spans, said[len(spans) :])

    def combine(self, reading: Reading) -> Matrix:
        """``(n, outputs)``: the weighted mean of the wholes and the pooled sentences."""
        sentence_by_sentence = self.together.apply(pooled(reading, self.pooling))
        mean = (1 - self.share) * logit(reading.whole) + self.share * logit(sentence_by_sentence)
        return sigmoid(mean).astype(np.float32)

    def save(self, folder: Path) -> None:
        (folder / "inner").mkdir()
        self.inner.save(folder / "inner")
        files.write_json(
            folder / "bag.json",
            {
                "inner": self.inner.kind,
                "pooling": self.pooling,
                "share": self.share,
                "whole": self.whole.to_json(),
                "together": self.together.to_json(),
            },
        )

    @classmethod
    def load(cls, folder: Path, load_member: LoadMember) -> SentencePoolingModel:
        """Load a model; ``load_member`` loads the inner model by folder and kind."""
        raw = files.read_json(folder / "bag.json")
        try:
            inner, pooling, share = str(raw["inner"]), str(raw["pooling"]), float(raw["share"])
            if pooling not in POOLINGS:
                raise ValueError(f"pooling {pooling!r}")
            whole, together = (Calibration.from_json(raw[k]) for k in ("whole", "together"))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{folder}/bag.json: not a sentence pooling model: {error!r}"
            ) from error
        return cls(load_member(folder / "inner", inner), pooling, share, whole, together)


def pooled(reading: Reading, pooling: str) -> Matrix:
    """``(n, outputs)``: the pooled sentences of each passage; the whole for a passage of one
    sentence."""
    result = reading.whole.copy()
    counts = reading.counts
    several = np.flatnonzero(counts)
    if several.size == 0:
        return result
    starts = (np.cumsum(counts) - counts)[several]
    if pooling == "max":
        result[several] = np.maximum.reduceat(reading.likely, starts, axis=0)
    else:
        none_of_them = np.log1p(-np.minimum(reading.likely.astype(np.float64), _CERTAIN))
        result[several] = -np.expm1(np.add.reduceat(none_of_them, starts, axis=0))
    return result
