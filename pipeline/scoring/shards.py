"""Shards: paragraphs whose passage ids share the first bits, scored together.

The content of a shard, the order of its rows, and so the model's batches depend only on the input,
not on where or when it is scored.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import tables
from pipeline.codebook import Codebook
from pipeline.models.base import Mask
from pipeline.models.predictions import Predictions, columns, decide
from pipeline.scoring import evidence as evidences
from pipeline.scoring.engines import Engine
from pipeline.scoring.evidence import Evidence
from pipeline.text.sentences import Span, sentences

MAX_BITS = 16
# Each passage is read once. Texts that differ only in Unicode composition share a passage_id but
# have different offsets.
_PASSAGE = ["passage_id", "text", "opening", "before", "language"]
_ROW = "_passage"


@dataclass(frozen=True)
class ShardResult:
    """A finished shard, as recorded in the ledger.

    Attributes:
        name: its file is ``part-<name>.parquet``.
        passages: number of distinct passages in the rows.
        cut: number of rows whose text was truncated for the model.
        sha256: hash of the file.
    """

    name: str
    rows: int
    passages: int
    cut: int
    sha256: str


@dataclass(frozen=True)
class ScoredShard:
    """The complete scores of a shard, not yet written to the scoring folder.

    Attributes:
        parquet: content of the file; the same paragraphs and scorer give the same bytes.
    """

    number: int
    parquet: bytes
    rows: int
    passages: int
    cut: int


@dataclass(frozen=True)
class Scorer:
    """A classifier that fills the Scores table.

    Attributes:
        thresholds: one per output.
        languages: languages that the model supports.
        mark_evidence: find the evidence sentence of each present frame.
    """

    engine: Engine
    codebook: Codebook
    thresholds: NDArray[np.float64]
    model_version: str
    languages: frozenset[str]
    mark_evidence: bool

    def score(self, paragraphs: pl.DataFrame) -> tuple[pl.DataFrame, Mask]:
        """The Scores table, sorted by passage and paragraph id, and a mask of truncated rows.

        ``paragraphs`` has the columns of Paragraphs and the columns of posts that Scores repeats.
        """
        self.engine.clear_cache()
        rows = paragraphs.sort("passage_id", "paragraph_id")
        passages = rows.select(_PASSAGE).unique(maintain_order=True, keep="first")
        passages = passages.with_row_index(_ROW)
        row_of = rows.join(passages, on=_PASSAGE, how="left", maintain_order="left")[_ROW]
        at = row_of.to_numpy()
        answers = self._answers(passages.drop(_ROW))[at]
        cut = self.engine.is_truncated(passages)[at] if passages.height else np.zeros(0, np.bool_)
        schema = tables.scores(self.codebook.frame_codes, self.codebook.target_codes)
        table = pl.concat(
            [rows.select(list(tables.SCORE_CONTEXT)), answers, self._provenance(rows)],
            how="horizontal",
        )
        return schema.validate(table.select(schema.column_names()), cast=True), cut

    def _answers(self, passages: pl.DataFrame) -> pl.DataFrame:
        """Decisions, probabilities and evidence, one row per passage."""
        outputs = len(self.codebook.outputs)
        probabilities = np.zeros((0, outputs), np.float32)
        if passages.height:
            probabilities = self.engine.probabilities(passages)
        decisions = decide(probabilities, self.thresholds, self.codebook)
        answered = columns(Predictions(probabilities, decisions), self.codebook)
        present = decisions[:, self._frames()[0]] == "present"
        return pl.DataFrame(answered | self._evidence_columns(passages, present))

    def _evidence_columns(self, passages: pl.DataFrame, present: Mask) -> dict[str, pl.Series]:
        """The evidence of every frame with its offsets; ``present`` is ``(n, frames)``."""
        texts = passages["text"].to_list()
        marked = self._evidence(passages, present)
        found: dict[str, pl.Series] = {}
        for i, code in enumerate(self.codebook.frame_codes):
            spans = zip(marked.start[:, i].tolist(), marked.end[:, i].tolist(), strict=True)
            pairs = [None if s == evidences.NO_EVIDENCE else (s, e) for s, e in spans]
            quotes = [t[p[0] : p[1]] if p else None for t, p in zip(texts, pairs, strict=True)]
            found[f"evidence_{code}"] = pl.Series(quotes, dtype=pl.String)
            for side, name in enumerate(("start", "end")):
                offsets = [None if p is None else p[side] for p in pairs]
                found[f"evidence_{code}_{name}"] = pl.Series(offsets, dtype=pl.Int32)
        return found

    def _evidence(self, passages: pl.DataFrame, present: Mask) -> Evidence:
        """Score all sentences in one call, each with the context of its passage."""
        result = Evidence.none(*present.shape)
        if not self.mark_evidence or not present.any():
            return result
        rows = np.flatnonzero(present.any(axis=1))
        texts, languages = passages["text"][rows].to_list(), passages["language"][rows].to_list()
        # A text in which the splitter finds no sentence counts as one.
        spans = [
            sentences(text, language) or [Span(0, len(text))]
            for text, language in zip(texts, languages, strict=True)
        ]
        choices = [evidences.candidates(own) for own in spans]
        alone = [t[s.start : s.end] for t, own in zip(texts, choices, strict=True) for s in own]
        likely = np.zeros((0, present.shape[1]), np.float32)
        if alone:
            context = passages[np.repeat(rows, [len(own) for own in choices])]
            single = context.with_columns(pl.Series("text", alone, pl.String))
            likely = self.engine.probabilities(single)[:, self._frames()[1]]
        found = evidences.find(present[rows], spans, likely)
        result.start[rows], result.end[rows] = found.start, found.end
        return result

    def _frames(self) -> tuple[Sequence[int], Sequence[int]]:
        """The question index and the output index of every frame."""
        numbers = [i for i, q in enumerate(self.codebook.questions) if not q.is_stance]
        return numbers, [self.codebook.columns_of(self.codebook.questions[i])[0] for i in numbers]

    def _provenance(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.select(
            pl.col("language").is_in(list(self.languages)).alias("language_supported"),
            pl.lit(self.model_version).alias("model_version"),
            pl.lit(self.codebook.version).alias("codebook_version"),
        )


def score_shard(number: int, paragraphs: pl.DataFrame, scorer: Scorer) -> ScoredShard:
    """Score one shard; called by every runner."""
    scores, cut = scorer.score(paragraphs)
    file = io.BytesIO()
    scores.write_parquet(file)
    return ScoredShard(
        number=number,
        parquet=file.getvalue(),
        rows=scores.height,
        passages=scores["passage_id"].n_unique(),
        cut=int(cut.sum()),
    )


def bits_for(paragraphs: int, shard_passages: int) -> int:
    """The fewest leading bits for which shards have at most ``shard_passages`` on average."""
    bits = 0
    while bits < MAX_BITS and paragraphs > shard_passages * 2**bits:
        bits += 1
    return bits


def shard_numbers(passage_ids: pl.Series, bits: int) -> NDArray[np.int64]:
    """The first ``bits`` bits of each hexadecimal id as a number."""
    leading = passage_ids.str.head(MAX_BITS // 4).str.to_integer(base=16).to_numpy()
    return leading.astype(np.int64) >> (MAX_BITS - bits)


def shard_name(number: int, bits: int, round_number: int = 0) -> str:
    """The zero-padded hexadecimal number; for an update prefixed with the round."""
    name = f"{number:0{max(1, -(-bits // 4))}x}"
    return f"{round_number}-{name}" if round_number else name
