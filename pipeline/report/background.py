"""What a report is told beside the scores: how to show them, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.corrected import KnownErrors
from pipeline.report.shift import TrainingProfile


@dataclass(frozen=True)
class ReportSettings:
    """``strongest`` paragraphs per frame are shown, and as many typical ones. Without a ``title``
    the page is named after its channels. ``language`` (en or ru) is that of its own words."""

    title: str
    strongest: int
    language: str = "en"


@dataclass(frozen=True)
class Background:
    """What is known about the scores.

    Attributes:
        provenance: how they were made, JSON.
        training: texts and figures of the model's training; without it the page says that
            likeness to the training texts was not measured.
        errors: error rates of the model; without them shares are not corrected.
        planned: of an unfinished scoring, how many paragraphs it will hold.
    """

    provenance: Mapping[str, Any]
    training: TrainingProfile | None = None
    errors: KnownErrors | None = None
    planned: int | None = None
