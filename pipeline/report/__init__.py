"""Scores → a single-file HTML report, and its figures as files."""

from __future__ import annotations

from pathlib import Path

from pipeline.codebook import Codebook
from pipeline.io import files
from pipeline.report.background import Background, ReportSettings
from pipeline.report.corrected import KnownErrors, known_errors
from pipeline.report.shift import TrainingProfile, training_profile

__all__ = [
    "Background", "KnownErrors", "ReportSettings", "TrainingProfile", "known_errors",
    "training_profile", "write",
]  # fmt: skip


def write(
    scores_folder: Path,
    destination: Path,
    codebook: Codebook,
    settings: ReportSettings,
    background: Background,
) -> Path:
    """Write ``destination/report.html``, and ``destination/report/`` with every figure as SVG and
    PNG and its numbers as CSV. Returns the page's path.

    Raises InputError if ``scores_folder`` has no scores, or scores of another codebook.
    """
    from pipeline.report import exports, page
    from pipeline.report.report_data import gather
    from pipeline.scoring.scores_folder import open_folder

    report = gather(open_folder(scores_folder, codebook), codebook, settings, background)
    path = destination / "report.html"
    files.write_text(path, page.render(report, codebook))
    exports.write(destination / "report", report)
    return path
