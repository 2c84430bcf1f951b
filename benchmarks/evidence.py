"""Faithfulness of evidence sentences, compared with the first and a random sentence.

    python -m benchmarks.evidence SCORED --model DIR [--judge DIR] [--passages N]

SCORED is a folder written by ``rhetoric score``. For every present frame with evidence, the judge
(the model itself by default) scores the whole passage, the single sentence, and the passage without
the sentence (DeYoung et al. 2020, ERASER, section 4):

* sufficiency: probability for the passage minus that for the sentence; lower is better;
* comprehensiveness: probability for the passage minus that for the rest; higher is better.

The model selects the sentence with the highest probability, so its own sufficiency is biased in its
favour; comprehensiveness and another judge are not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.models.base import Matrix
from pipeline.models.classifier import Classifier
from pipeline.scoring.engines import choose
from pipeline.text.sentences import Span, sentences

Probabilities = NDArray[np.float64]
WAYS = ("evidence", "first sentence", "random sentence")


@dataclass(frozen=True)
class Finding:
    """A present frame in a passage of several sentences, and the sentence chosen by each method."""

    text: str
    language: str
    column: int
    picked: tuple[Span, ...]

    def alone(self, way: int) -> str:
        return self.text[self.picked[way].start : self.picked[way].end]

    def rest(self, way: int) -> str:
        start, end = self.picked[way]
        return f"{self.text[:start]} {self.text[end:]}".strip()


def findings(scored: pl.DataFrame, classifier: Classifier) -> Iterator[Finding]:
    rng = np.random.default_rng(0)
    codebook = classifier.codebook
    for row in scored.iter_rows(named=True):
        spans = sentences(row["text"], row["language"])
        for question in codebook.questions:
            code = question.rule.code
            if question.is_stance or row.get(f"evidence_{code}_start") is None or len(spans) < 2:
                continue
            marked = Span(row[f"evidence_{code}_start"], row[f"evidence_{code}_end"])
            picked = marked, spans[0], spans[int(rng.integers(len(spans)))]
            (column,) = codebook.columns_of(question)
            yield Finding(row["text"], row["language"], column, picked)


def judged(found: Sequence[Finding], texts: Sequence[str], judge: Classifier, at: Path) -> Matrix:
    """The probability of each finding's frame in a text, ``(findings,)``."""
    engine = choose("openvino", judge, at).engine
    nothing = [""] * len(texts)
    passages = pl.DataFrame(
        {
            "text": texts,
            "opening": nothing,
            "before": nothing,
            "language": [finding.language for finding in found],
        }
    )
    said = engine.probabilities(passages)
    result: Matrix = said[np.arange(len(found)), [finding.column for finding in found]]
    return result


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scored", type=Path)
    parser.add_argument("--model", type=Path, default=Path("build/model"))
    parser.add_argument("--judge", type=Path)
    parser.add_argument(
        "--passages", type=int, default=2000, help="maximum number, drawn at random"
    )
    options = parser.parse_args(argv)
    scored = pl.read_parquet(options.scored / "scores" / "*.parquet")
    scored = scored.sample(min(options.passages, scored.height), seed=1)
    found = list(findings(scored, Classifier.load(options.model)))
    at = options.judge or options.model
    judge = Classifier.load(at)
    whole = judged(found, [finding.text for finding in found], judge, at)
    lines = ["| sentence | sufficiency | comprehensiveness |", "|---|---:|---:|"]
    for number, way in enumerate(WAYS):
        alone = judged(found, [finding.alone(number) for finding in found], judge, at)
        rest = judged(found, [finding.rest(number) for finding in found], judge, at)
        lines.append(f"| {way} | {(whole - alone).mean():.3f} | {(whole - rest).mean():.3f} |")
    lines.append(f"\n{len(found)} findings in {scored.height} passages.")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
