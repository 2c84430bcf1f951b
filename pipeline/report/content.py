"""Everything that the report says, before it is laid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from pipeline.codebook import Codebook
from pipeline.report import aggregates as measuring
from pipeline.report.aggregates import Aggregates
from pipeline.report.background import Background, ReportSettings
from pipeline.report.corrected import Correction, correct, in_words
from pipeline.report.formatting import LANGUAGES
from pipeline.report.losses import Loss, losses
from pipeline.report.periods import all_periods
from pipeline.report.selection import Shown, choose
from pipeline.report.series import (
    Matrix,
    Share,
    StanceRow,
    TimeSeries,
    channel_matrix,
    frame_shares,
    stance_rows,
    time_series,
    together_matrix,
)
from pipeline.report.shift import Shift, shifts
from pipeline.report.summary import summarise
from pipeline.scoring.scores_folder import ScoresFolder

# Lines of provenance, and characters in each.
_PROVENANCE_LINES = 200
_PROVENANCE_LENGTH = 400
# Shown as a table of their own.
_SHOWN_ELSEWHERE = ("error_rates",)


@dataclass(frozen=True)
class Content:
    """``lost`` is None where nothing was recorded; ``shift`` where the model keeps no profile;
    ``correction`` where it keeps no error rates."""

    title: str
    summary: list[str]
    aggregates: Aggregates
    periods: list[date]
    shares: list[Share]
    correction: Correction | None
    time: TimeSeries
    channels: Matrix
    stances: list[StanceRow]
    together: Matrix
    shown: list[Shown]
    lost: list[Loss] | None
    shift: list[Shift] | None
    language_f1: Mapping[str, float | None]
    provenance: list[tuple[str, str]]
    strongest: int
    planned: int | None  # paragraphs of an unfinished scoring

    @property
    def paragraphs(self) -> int:
        return self.aggregates.totals.paragraphs

    @property
    def forwards(self) -> pl.DataFrame:
        return self.aggregates.forwards

    @property
    def languages(self) -> pl.DataFrame:
        return self.aggregates.languages


def gather(
    folder: ScoresFolder, codebook: Codebook, settings: ReportSettings, background: Background
) -> Content:
    """Measure the scores and put the findings into words."""
    found = measuring.measure(folder.scores, codebook)
    shares = frame_shares(found, codebook)
    correction = None
    training = background.training
    if background.errors is not None and found.totals.paragraphs:
        correction = correct(shares, found.design_effects, background.errors)
    lost = None if folder.dropped is None else losses(folder.dropped)
    names = LANGUAGES | {frame.code: frame.name["en"] for frame in codebook.frames}
    own = {
        "model": found.model_versions,
        "codebook": {"title": codebook.title, "version": found.codebook_versions,
                     "digest": codebook.digest},
        "source files": found.source_files,
        "shards": folder.shards,
    }  # fmt: skip
    return Content(
        title=settings.title,
        summary=summarise(found, codebook, lost, in_words(correction) if correction else []),
        aggregates=found,
        periods=all_periods(found.totals.first, found.totals.last, found.unit),
        shares=shares,
        correction=correction,
        time=time_series(found, codebook),
        channels=channel_matrix(found, codebook),
        stances=stance_rows(found, codebook),
        together=together_matrix(found, codebook),
        shown=choose(folder.scores, codebook, each=settings.strongest),
        lost=lost,
        shift=None if training is None else shifts(folder.scores, found, training, names),
        language_f1={} if training is None else training.f1,
        provenance=[*_lines(own, "scores"), *_lines(background.provenance, "")][:_PROVENANCE_LINES],
        strongest=settings.strongest,
        planned=background.planned,
    )


def _lines(value: Any, name: str) -> list[tuple[str, str]]:
    """Nested values as ``outer · inner`` and text, in the order given; long lists are cut."""
    if isinstance(value, Mapping):
        return [
            line
            for key, inner in value.items()
            if key not in _SHOWN_ELSEWHERE
            for line in _lines(inner, f"{name} · {key}" if name else str(key))
        ]
    if isinstance(value, (list, tuple)):
        more = f" … and {len(value) - 20} more" if len(value) > 20 else ""
        value = ", ".join(_words(item) for item in value[:20]) + more
    text = "not recorded" if value is None or value == "" else _words(value)
    return [(name, text if len(text) <= _PROVENANCE_LENGTH else text[:_PROVENANCE_LENGTH] + "…")]


def _words(item: Any) -> str:
    if isinstance(item, float):
        return f"{item:.4g}"
    return " ".join(map(_words, item)) if isinstance(item, (list, tuple)) else str(item)
