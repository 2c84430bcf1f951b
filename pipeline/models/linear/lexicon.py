"""Counts of the codebook's cues, a baseline without training.

The probability of a frame grows with the number of its cues in the text. A mentioned target gets
the stance whose tone words are in the same text, neutral if there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from pipeline.codebook import STANCES, Codebook
from pipeline.codebook.cues import cue_pattern
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import LabeledPassages, Matrix

# Probability by number of distinct cues: none, one, two, three and more. They are arbitrary, since
# the model is calibrated on dev.
_BY_HITS = np.array([0.02, 0.6, 0.75, 0.85], np.float32)


@dataclass(frozen=True)
class LexiconRecipe:
    """Cues of a codebook; fitting raises InputError if it has none."""

    codebook: Codebook

    def fit(self, train: LabeledPassages, dev: LabeledPassages) -> LexiconModel:
        model = lexicon(self.codebook)
        if not any(model.cues.values()):
            raise InputError(
                "the codebook has no cues, so there is no lexicon; add `cues` or use another model"
            )
        return model


def lexicon(codebook: Codebook) -> LexiconModel:
    """The cues of a codebook, which may have none."""
    cues = {
        question.name: [cue for words in question.rule.cues.values() for cue in words]
        for question in codebook.questions
    }
    tone = {
        stance: [cue for words in by_language.values() for cue in words]
        for stance, by_language in codebook.tone.items()
    }
    return LexiconModel(list(codebook.outputs), cues, tone)


@dataclass(frozen=True)
class LexiconModel:
    """``cues`` by question, ``tone`` by stance; a cue that ends in ``*`` matches any ending."""

    kind: ClassVar[str] = "lexicon"

    outputs: list[str]
    cues: dict[str, list[str]]
    tone: dict[str, list[str]]

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        texts = passages["text"].to_list()
        result = np.zeros((len(texts), len(self.outputs)), np.float32)
        tones = {stance: _hits(texts, self.tone.get(stance, [])) for stance in STANCES}
        for question, cues in self.cues.items():
            hits = _hits(texts, cues)
            for j, output in enumerate(self.outputs):
                name, _, stance = output.partition("=")
                if name == question:
                    likely = _BY_HITS[np.minimum(hits, 3)]
                    result[:, j] = likely * _tone_share(tones, stance) if stance else likely
        return result

    def save(self, folder: Path) -> None:
        files.write_json(
            folder / "lexicon.json",
            {"outputs": self.outputs, "cues": self.cues, "tone": self.tone},
        )

    @classmethod
    def load(cls, folder: Path) -> LexiconModel:
        raw = files.read_json(folder / "lexicon.json")
        try:
            return cls(list(raw["outputs"]), dict(raw["cues"]), dict(raw["tone"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{folder}/lexicon.json: not a lexicon: {error!r}") from error


def _hits(texts: list[str], cues: list[str]) -> np.ndarray:
    """The number of distinct cues in each text."""
    patterns = [cue_pattern(cue) for cue in cues]
    return np.array([sum(p.search(text) is not None for p in patterns) for text in texts], np.int64)


def _tone_share(tones: dict[str, np.ndarray], stance: str) -> np.ndarray:
    """The share of tone words for a stance; neutral gets the remainder."""
    against, favour = tones["against"], tones["favour"]
    if stance == "neutral":
        return np.where(against + favour == 0, 1.0, 0.3)
    mine, other = (against, favour) if stance == "against" else (favour, against)
    return np.where(mine > other, 1.0, np.where((mine == other) & (mine > 0), 0.5, 0.1))
