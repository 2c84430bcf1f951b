"""Scores → one HTML page for people who read rather than compute, and its figures as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.codebook import Codebook
from pipeline.io import files
from pipeline.report.corrected import KnownErrors, known_errors
from pipeline.report.shift import TrainingProfile, training_profile

__all__ = ["KnownErrors", "TrainingProfile", "known_errors", "training_profile", "write"]


def write(
    scores_folder: Path,
    *,
    destination: Path,
    codebook: Codebook,
    title: str,
    strongest: int,
    provenance: Mapping[str, Any],
    training: TrainingProfile | None = None,
    errors: KnownErrors | None = None,
    planned: int | None = None,
) -> Path:
    """Write ``destination/report.html``, and ``destination/report/`` with every figure as SVG and
    PNG and its numbers as CSV; returns the page's path.

    ``strongest`` paragraphs a frame are shown, and as many typical ones. Without ``training`` the
    page says that likeness to the training texts was not measured; without ``errors`` shares are
    not corrected. ``planned``: of an unfinished scoring, how many paragraphs it will hold. Raises
    InputError when ``scores_folder`` holds no scores, or scores of another codebook.
    """
    from pipeline.report import exports, page
    from pipeline.report.content import gather
    from pipeline.report.scores_folder import open_folder

    content = gather(
        open_folder(scores_folder, codebook),
        codebook,
        title=title,
        strongest=strongest,
        provenance=provenance,
        training=training,
        errors=errors,
        planned=planned,
    )
    path = destination / "report.html"
    files.write_text(path, page.render(content, codebook))
    exports.write(destination / "report", content)
    return path
