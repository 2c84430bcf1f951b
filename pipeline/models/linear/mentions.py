"""Stance from the words around a target's mentions, learnt over all targets together.

"Rejected by …", "despite resistance from …", "we thank … for" mean the same for every target. So
every mention of any target is an example for one shared classifier. Its features are the words left
and right of the masked mention, and these words crossed with the target. Rare targets benefit from
frequent ones. Mentions are matches of the codebook's cues.

For frames the model returns their frequencies, which have no effect in an ensemble.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.codebook import STANCES, Codebook
from pipeline.codebook.cues import CueFinder, Mention
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import LabeledPassages, Matrix
from pipeline.models.linear.logistic import LinearHeads, fit_heads
from pipeline.models.linear.tfidf import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Placeholders for the target in question, and for any other one.
_THIS, _OTHER = " thistarget ", " othertarget "
_BETWEEN = " … "  # between the surroundings of two mentions
# field, analyser, n-grams; words of the window are crossed with the target as well.
_PARTS = (("left", "word", (1, 2)), ("right", "word", (1, 2)), ("window", "char_wb", (2, 5)))
_CROSSED = ("window", "word", (1, 1))
_CROSSED_WEIGHT = 0.7
_LEAST_RATE = 1e-3


@dataclass(frozen=True)
class Mentions:
    """m pairs (passage, target) in which the target is mentioned.

    Attributes:
        row: ``(m,)`` row numbers of passages.
        target: ``(m,)`` target numbers.
        words: field (left, right, window) → m strings.
    """

    row: NDArray[np.int64]
    target: NDArray[np.int64]
    words: dict[str, list[str]]


@dataclass(frozen=True)
class MentionsRecipe:
    """Settings; ``window`` words are read on either side of a mention."""

    codebook: Codebook
    window: int
    min_documents: int
    inverse_regularisation: float

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> MentionsModel:
        targets = [question for question in self.codebook.questions if question.is_stance]
        cues = [[cue for words in t.rule.cues.values() for cue in words] for t in targets]
        columns = np.array([list(self.codebook.columns_of(t)) for t in targets], np.int64)
        columns = columns.reshape(len(targets), len(STANCES))
        found = find(train.passages, cues, self.window)
        unmentioned = train.asked.copy()
        unmentioned[found.row[:, None], columns[found.target]] = False
        seldom = np.where(unmentioned, train.soft, 0).sum(0) / np.maximum(unmentioned.sum(0), 1)
        rates = np.clip(seldom, _LEAST_RATE, 1 - _LEAST_RATE).astype(np.float32)
        empty = MentionsModel(cues, columns, self.window, rates, [], LinearHeads.empty())
        if not len(found.row):
            return empty
        vocabularies = [
            Vocabulary.learn(found.words[field], field, analyzer, ngrams, self.min_documents)
            for field, analyzer, ngrams in (*_PARTS, _CROSSED)
        ]
        model = MentionsModel(cues, columns, self.window, rates, vocabularies, empty.heads)
        cells = found.row[:, None], columns[found.target]
        heads = fit_heads(
            model.features(found), train.soft[cells], train.asked[cells],
            self.inverse_regularisation,
        )  # fmt: skip
        return MentionsModel(cues, columns, self.window, rates, vocabularies, heads)


@dataclass(frozen=True)
class MentionsModel:
    """One classifier of three stances over the mentions of all targets.

    Attributes:
        cues: cues of each target.
        columns: ``(targets, 3)``, the outputs against, neutral, favour of each target.
        rates: ``(outputs,)``, probabilities for targets that are not mentioned and for frames.
        vocabularies: of left, right and window, then the one that is crossed with the target;
            empty if nothing was mentioned in training.
    """

    kind: ClassVar[str] = "mentions"

    cues: list[list[str]]
    columns: NDArray[np.int64]
    window: int
    rates: NDArray[np.float32]
    vocabularies: list[Vocabulary]
    heads: LinearHeads

    def features(self, found: Mentions) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        parts = [v.transform(found.words[v.field]) for v in self.vocabularies]
        of_target = csr_matrix(np.eye(len(self.cues))[found.target])
        crossed = [
            parts[-1].multiply(_CROSSED_WEIGHT * (found.target == number)[:, None])
            for number in range(len(self.cues))
        ]
        return hstack([*parts[:-1], of_target, *crossed], format="csr")

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        result = np.tile(self.rates, (passages.height, 1))
        found = find(passages, self.cues, self.window)
        if self.vocabularies and len(found.row):
            said = self.heads.probabilities(self.features(found))
            result[found.row[:, None], self.columns[found.target]] = said
        return result

    def save(self, folder: Path) -> None:
        files.write_json(
            folder / "mentions.json",
            {
                "cues": self.cues,
                "columns": self.columns.tolist(),
                "window": self.window,
                "rates": self.rates.tolist(),
                "vocabularies": [vocabulary.to_json() for vocabulary in self.vocabularies],
            },
        )
        self.heads.save(folder / "heads.safetensors")

    @classmethod
    def load(cls, folder: Path) -> MentionsModel:
        raw = files.read_json(folder / "mentions.json")
        try:
            return cls(
                [[str(cue) for cue in cues] for cues in raw["cues"]],
                np.array(raw["columns"], np.int64).reshape(-1, len(STANCES)),
                int(raw["window"]),
                np.array(raw["rates"], np.float32),
                [Vocabulary.from_json(v) for v in raw["vocabularies"]],
                LinearHeads.load(folder / "heads.safetensors"),
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(f"{folder}/mentions.json: not a mentions model: {error!r}") from error


def find(passages: pl.DataFrame, cues: list[list[str]], window: int) -> Mentions:
    """All pairs of passage and mentioned target, with ``window`` words around each mention.

    Several mentions of a target in one passage are one pair; their surroundings are joined.
    """
    finder = CueFinder(cues)
    rows: list[int] = []
    targets: list[int] = []
    words: dict[str, list[str]] = {"left": [], "right": [], "window": []}
    for row, text in enumerate(passages["text"]):
        mentions = finder.find(text)
        for number in sorted({mention.number for mention in mentions}):
            around = _surroundings(text, mentions, number, window)
            rows.append(row)
            targets.append(number)
            words["left"].append(_BETWEEN.join(left for left, _ in around))
            words["right"].append(_BETWEEN.join(right for _, right in around))
            words["window"].append(_BETWEEN.join(f"{a}{_THIS}{b}" for a, b in around))
    return Mentions(np.array(rows, np.int64), np.array(targets, np.int64), words)


def _surroundings(
    text: str, mentions: list[Mention], number: int, window: int
) -> list[tuple[str, str]]:
    """Words left and right of each mention of one target, with mentions of all targets masked."""
    parts: list[str] = []
    end = 0
    for mention in mentions:
        parts += [text[end : mention.start], _THIS if mention.number == number else _OTHER]
        end = mention.end
    pieces = "".join([*parts, text[end:]]).casefold().split()
    at = [i for i, piece in enumerate(pieces) if piece == _THIS.strip()]
    return [
        (" ".join(pieces[max(0, i - window) : i]), " ".join(pieces[i + 1 : i + 1 + window]))
        for i in at
    ]
