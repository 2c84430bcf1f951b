"""Inputs of a report besides the scores: display settings and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.corrected import KnownErrors
from pipeline.report.shift import TrainingProfile


@dataclass(frozen=True)
class ReportSettings:
    """``strongest`` is the number of strongest and of typical paragraphs per frame. An empty
    ``title`` means one made from the channel names. ``language`` of the page is en or ru."""

    title: str
    strongest: int
    language: str = "en"


@dataclass(frozen=True)
class Background:
    """What is known about the scores.

    Attributes:
        provenance: how the scores were made, as JSON.
        training: profile of the model's training texts; None if the model has none, in which case
            similarity to the training texts is not reported.
        errors: error rates of the model; None means that shares are not corrected.
        planned: number of paragraphs of an unfinished scoring run, else None.
    """

    provenance: Mapping[str, Any]
    training: TrainingProfile | None = None
    errors: KnownErrors | None = None
    planned: int | None = None
