"""From a classifier's folder to what scores shards, in this process or in another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.models.classifier import Classifier, version_of
from pipeline.scoring.beginning import scorer_of
from pipeline.scoring.shards import Scorer


@dataclass(frozen=True)
class ScorerSource:
    """Plain values that every worker makes the same scorer from.

    Attributes:
        folder: of the classifier.
        mark_evidence: look for the sentence that carries a present frame.
    """

    folder: Path
    mark_evidence: bool

    def load(self) -> Scorer:
        return self.scorer(Classifier.load(self.folder))

    def scorer(self, classifier: Classifier) -> Scorer:
        """The scorer of a classifier that was loaded from the folder already."""
        return scorer_of(classifier, version_of(self.folder), mark_evidence=self.mark_evidence)

    def at(self, folder: Path) -> ScorerSource:
        """The same with the classifier's folder elsewhere."""
        return replace(self, folder=folder)
