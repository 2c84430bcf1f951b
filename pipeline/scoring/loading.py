"""Loads a scorer of shards from a classifier's folder, in this or another process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.models.classifier import Classifier, version_of
from pipeline.scoring.engines import Chosen, Engine, choose
from pipeline.scoring.resume import scorer_of
from pipeline.scoring.shards import Scorer


@dataclass(frozen=True)
class ScorerSource:
    """Picklable values from which every worker loads the same scorer.

    Attributes:
        folder: the classifier's folder.
        engine: the requested engine; see ``engines.choose``.
        mark_evidence: find the evidence sentence of each present frame.
        device: on which torch computes.
    """

    folder: Path
    engine: str
    mark_evidence: bool
    device: str = "auto"

    def load(self) -> Scorer:
        classifier = Classifier.load(self.folder)
        return self.scorer(classifier, self.choose(classifier).engine)

    def choose(self, classifier: Classifier) -> Chosen:
        """The engine for a classifier that is already loaded from the folder."""
        return choose(self.engine, classifier, self.folder, self.device)

    def scorer(self, classifier: Classifier, engine: Engine) -> Scorer:
        version = version_of(self.folder)
        return scorer_of(classifier, engine, version, mark_evidence=self.mark_evidence)

    def at(self, folder: Path) -> ScorerSource:
        """A copy with another folder of the classifier."""
        return replace(self, folder=folder)
