"""A shard: the paragraphs whose passages share the first bits of their id, scored together.

What a shard holds, the order of its rows and so the batches that the model sees depend on the
input alone, not on where or when it is scored.
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
# A passage is read once; text that differs in Unicode composition only has one passage_id, but
# offsets of its own.
_PASSAGE = ["passage_id", "text", "opening", "before", "language"]
_ROW = "_passage"


@dataclass(frozen=True)
class ShardResult:
    """A finished shard, as the ledger keeps it.

    Attributes:
        name: of its file, ``part-<name>.parquet``.
        passages: distinct ones among the rows.
        cut: rows whose text is longer than the model reads.
        sha256: of the file.
    """

    name: str
    rows: int
    passages: int
    cut: int
    sha256: str


@dataclass(frozen=True)
class ScoredShard:
    """The answers of a shard, whole, but not in place yet.

    Attributes:
        parquet: the content of its file; the same paragraphs and scorer give the same bytes.
    """

    number: int
    parquet: bytes
    rows: int
    passages: int
    cut: int


@dataclass(frozen=True)
class Scorer:
    """A classifier ready to fill the Scores table.

    Attributes:
        thresholds: one an output.
        languages: those that the model may be trusted in.
        mark_evidence: look for the sentence that carries a present frame.
    """

    engine: Engine
    codebook: Codebook
    thresholds: NDArray[np.float64]
    model_version: str
    languages: frozenset[str]
    mark_evidence: bool

    def score(self, paragraphs: pl.DataFrame) -> tuple[pl.DataFrame, Mask]:
        """The Scores table of these paragraphs, by passage and paragraph id, and which were cut.

        ``paragraphs`` has the columns of Paragraphs and those of a post that Scores repeats.
        """
        self.engine.forget()
        rows = paragraphs.sort("passage_id", "paragraph_id")
        passages = rows.select(_PASSAGE).unique(maintain_order=True, keep="first")
        passages = passages.with_row_index(_ROW)
        row_of = rows.join(passages, on=_PASSAGE, how="left", maintain_order="left")[_ROW]
        at = row_of.to_numpy()
        answers = self._answers(passages.drop(_ROW))[at]
        cut = self.engine.cut(passages)[at] if passages.height else np.zeros(0, np.bool_)
        schema = tables.scores(self.codebook.frame_codes, self.codebook.target_codes)
        table = pl.concat(
            [rows.select(list(tables.SCORE_CONTEXT)), answers, self._provenance(rows)],
            how="horizontal",
        )
        return schema.validate(table.select(schema.column_names()), cast=True), cut

    def _answers(self, passages: pl.DataFrame) -> pl.DataFrame:
        """Decisions, probabilities and evidence, one row a passage."""
        outputs = len(self.codebook.outputs)
        probabilities = np.zeros((0, outputs), np.float32)
        if passages.height:
            probabilities = self.engine.probabilities(passages)
        decisions = decide(probabilities, self.thresholds, self.codebook)
        answered = columns(Predictions(probabilities, decisions), self.codebook)
        present = decisions[:, self._frames()[0]] == "present"
        return pl.DataFrame(answered | self._evidence_columns(passages, present))

    def _evidence_columns(self, passages: pl.DataFrame, present: Mask) -> dict[str, pl.Series]:
        """The sentence of every frame with its offsets; ``present`` is ``(n, frames)``."""
        texts = passages["text"].to_list()
        marked = self._evidence(passages, present)
        found: dict[str, pl.Series] = {}
        for i, code in enumerate(self.codebook.frame_codes):
            spans = zip(marked.start[:, i].tolist(), marked.end[:, i].tolist(), strict=True)
            pairs = [None if s == evidences.NOWHERE else (s, e) for s, e in spans]
            quotes = [t[p[0] : p[1]] if p else None for t, p in zip(texts, pairs, strict=True)]
            found[f"evidence_{code}"] = pl.Series(quotes, dtype=pl.String)
            for side, name in enumerate(("start", "end")):
                offsets = [None if p is None else p[side] for p in pairs]
                found[f"evidence_{code}_{name}"] = pl.Series(offsets, dtype=pl.Int32)
        return found

    def _evidence(self, passages: pl.DataFrame, present: Mask) -> Evidence:
        """Sentences are read with the context of their passage, all in one call."""
        result = Evidence.none(*present.shape)
        if not self.mark_evidence or not present.any():
            return result
        rows = np.flatnonzero(present.any(axis=1))
        texts, languages = passages["text"][rows].to_list(), passages["language"][rows].to_list()
        # A text in which the splitter sees no sentence is one.
        spans = [
            sentences(text, language) or [Span(0, len(text))]
            for text, language in zip(texts, languages, strict=True)
        ]
        choices = [evidences.to_choose_from(own) for own in spans]
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
        """Of every frame, the number of its question and of its output."""
        numbers = [i for i, q in enumerate(self.codebook.questions) if not q.is_stance]
        return numbers, [self.codebook.columns_of(self.codebook.questions[i])[0] for i in numbers]

    def _provenance(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.select(
            pl.col("language").is_in(list(self.languages)).alias("language_supported"),
            pl.lit(self.model_version).alias("model_version"),
            pl.lit(self.codebook.version).alias("codebook_version"),
        )


def score_shard(number: int, paragraphs: pl.DataFrame, scorer: Scorer) -> ScoredShard:
    """The one function that every runner calls for every shard."""
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
    """The fewest leading bits that make shards of ``shard_passages`` or fewer on average."""
    bits = 0
    while bits < MAX_BITS and paragraphs > shard_passages * 2**bits:
        bits += 1
    return bits


def shard_numbers(passage_ids: pl.Series, bits: int) -> NDArray[np.int64]:
    """The number that the first ``bits`` bits of each hexadecimal id spell."""
    leading = passage_ids.str.head(MAX_BITS // 4).str.to_integer(base=16).to_numpy()
    return leading.astype(np.int64) >> (MAX_BITS - bits)


def shard_name(number: int, bits: int, round_number: int = 0) -> str:
    """The number in hexadecimal, as wide as the widest; shards of an update say which round."""
    name = f"{number:0{max(1, -(-bits // 4))}x}"
    return f"{round_number}-{name}" if round_number else name
