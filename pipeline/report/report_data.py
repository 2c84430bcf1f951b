"""The content of the report, computed before rendering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.codebook import Codebook
from pipeline.report import remarks as notes
from pipeline.report.aggregates import Aggregates, measure
from pipeline.report.background import Background, ReportSettings
from pipeline.report.corrected import Correction, Reliability, correct, reliabilities
from pipeline.report.dropped import DroppedReason, dropped_reasons
from pipeline.report.headlines import Headline, find, headlines
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
from pipeline.report.shift import Shift, ShiftedChannel, shifted_channels, shifts
from pipeline.report.thresholds import thresholds
from pipeline.report.wording import Words
from pipeline.scoring.scores_folder import ScoresFolder


@dataclass(frozen=True)
class ReportData:
    """``dropped`` is None if it was not recorded, ``shift`` and ``shifted_channels`` if the model
    has no training profile, ``correction`` if it has no error rates. ``lead`` is the summary line
    below the title, ``note`` the subtitle of standalone figures."""

    words: Words
    title: str
    lead: str
    note: str
    headlines: Sequence[Headline]
    remarks: Sequence[str]
    shifted_channels: Sequence[ShiftedChannel] | None
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
    dropped: list[DroppedReason] | None
    shift: list[Shift] | None
    language_f1: Mapping[str, float | None]
    origin: Sequence[str]
    strongest: int
    planned: int | None  # paragraphs of an unfinished scoring run

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
    """Compute everything that the report shows."""
    words = Words(settings.language)
    found = measure(folder.scores, codebook)
    shares = frame_shares(found, codebook, words)
    stances = stance_rows(found, codebook, words)
    errors, training = background.errors, background.training
    correction = correct(shares, errors) if errors and found.totals.paragraphs else None
    dropped = None if folder.dropped is None else dropped_reasons(folder.dropped, words)
    names = {frame.code: words.name(frame) for frame in codebook.frames}
    title = notes.title(settings.title, found.channels, words)
    plan = background.provenance.get("plan") or {}
    lead = notes.lead(found, plan.get("posts"), words)
    return ReportData(
        words=words,
        title=title,
        lead=lead,
        note=f"{title} · {lead} · rhetoric, {', '.join(found.model_versions)}",
        headlines=headlines(
            found, find(found, codebook), shares, stances, correction, codebook, words
        ),
        remarks=notes.remarks(found, dropped, words),
        shifted_channels=None
        if training is None
        else shifted_channels(folder.scores, found, training, words),
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
        dropped=dropped,
        shift=None if training is None else shifts(folder.scores, found, training, names, words),
        language_f1={} if training is None else training.f1,
        origin=notes.origin(found, codebook.title, background.provenance, words),
        strongest=settings.strongest,
        planned=background.planned,
    )
