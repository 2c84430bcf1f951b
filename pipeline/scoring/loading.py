"""From a classifier's folder to what scores shards, in this process or in another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.models.classifier import Classifier, version_of
from pipeline.scoring.engines import Chosen, Engine, choose
from pipeline.scoring.resume import scorer_of
from pipeline.scoring.shards import Scorer


@dataclass(frozen=True)
class ScorerSource:
    """Plain values that every worker makes the same scorer from.

    Attributes:
        folder: of the classifier.
        engine: the one that is asked for; see ``engines.choose``.
        mark_evidence: look for the sentence that carries a present frame.
        device: that torch computes on.
    """

    folder: Path
    engine: str
    mark_evidence: bool
    device: str = "auto"

    def load(self) -> Scorer:
        classifier = Classifier.load(self.folder)
        return self.scorer(classifier, self.choose(classifier).engine)

    def choose(self, classifier: Classifier) -> Chosen:
        """The engine for a classifier that was loaded from the folder already."""
        return choose(self.engine, classifier, self.folder, self.device)

    def scorer(self, classifier: Classifier, engine: Engine) -> Scorer:
        version = version_of(self.folder)
        return scorer_of(classifier, engine, version, mark_evidence=self.mark_evidence)

    def at(self, folder: Path) -> ScorerSource:
        """The same with the classifier's folder elsewhere."""
        return replace(self, folder=folder)
