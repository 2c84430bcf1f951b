"""Everything that the report says, computed before anything is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.codebook import Codebook
from pipeline.report import aggregates as measuring
from pipeline.report import remarks as saying
from pipeline.report.aggregates import Aggregates
from pipeline.report.background import Background, ReportSettings
from pipeline.report.corrected import Correction, Reliability, correct, reliabilities
from pipeline.report.headlines import Headline, find, headlines
from pipeline.report.losses import Loss, losses
from pipeline.report.selection import Shown, choose
from pipeline.report.series import (
    Matrix,
    Share,
    StanceRow,
    TimeSeries,
    channel_matrix,
    frame_shares,
    periods_of,
    stance_rows,
    time_series,
    together_matrix,
)
from pipeline.report.shift import Shift, Unlike, shifts, unlike_channels
from pipeline.report.thresholds import thresholds
from pipeline.report.wording import Words
from pipeline.scoring.scores_folder import ScoresFolder


@dataclass(frozen=True)
class ReportData:
    """``lost`` is None where nothing was recorded; ``shift`` and ``unlike`` where the model keeps
    no profile; ``correction`` where it keeps no error rates. ``lead`` says what was read, ``note``
    what stands below every figure that leaves the page."""

    words: Words
    title: str
    lead: str
    note: str
    headlines: Sequence[Headline]
    remarks: Sequence[str]
    unlike: Sequence[Unlike] | None
    aggregates: Aggregates
    periods: list[date]
    shares: list[Share]
    correction: Correction | None
    reliability: list[Reliability]
    time: TimeSeries
    channels: Matrix
    stances: list[StanceRow]
    together: Matrix
    shown: list[Shown]
    thresholds: Mapping[str, float]
    lost: list[Loss] | None
    shift: list[Shift] | None
    language_f1: Mapping[str, float | None]
    origin: Sequence[str]
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
) -> ReportData:
    """Measure the scores and put the findings into words."""
    words = Words(settings.language)
    found = measuring.measure(folder.scores, codebook)
    shares = frame_shares(found, codebook, words)
    stances = stance_rows(found, codebook, words)
    errors, training = background.errors, background.training
    correction = correct(shares, errors) if errors and found.totals.paragraphs else None
    lost = None if folder.dropped is None else losses(folder.dropped, words)
    names = {frame.code: words.name(frame) for frame in codebook.frames}
    title = saying.title(settings.title, found.channels, words)
    plan = background.provenance.get("plan") or {}
    lead = saying.lead(found, plan.get("posts"), words)
    return ReportData(
        words=words,
        title=title,
        lead=lead,
        note=f"{title} · {lead} · rhetoric, {', '.join(found.model_versions)}",
        headlines=headlines(
            found, find(found, codebook), shares, stances, correction, codebook, words
        ),
        remarks=saying.remarks(found, lost, words),
        unlike=None if training is None else unlike_channels(folder.scores, found, training, words),
        aggregates=found,
        periods=periods_of(found),
        shares=shares,
        correction=correction,
        reliability=reliabilities(shares, errors) if errors else [],
        time=time_series(found, codebook, words),
        channels=channel_matrix(found, codebook, words),
        stances=stances,
        together=together_matrix(found, codebook, words),
        shown=choose(folder.scores, codebook, each=settings.strongest),
        thresholds=thresholds(folder.scores, codebook),
        lost=lost,
        shift=None if training is None else shifts(folder.scores, found, training, names, words),
        language_f1={} if training is None else training.f1,
        origin=saying.origin(found, codebook.title, background.provenance, words),
        strongest=settings.strongest,
        planned=background.planned,
    )
