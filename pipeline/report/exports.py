"""The folder ``report/``: every figure as SVG and PNG, and its numbers as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.io import files
from pipeline.io.formulas import guarded
from pipeline.report import pictures
from pipeline.report.corrected import Correction
from pipeline.report.formatting import fit
from pipeline.report.report_data import ReportData
from pipeline.report.series import Matrix

# Rows per picture; the CSV has them all.
_ROWS = 40


def write(folder: Path, report: ReportData) -> None:
    """Write every figure and table of the report into ``folder``. Figures without data are not
    written, and figures of an earlier report are deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    figures, tables = _figures(report), _tables(report)
    for name in _FIGURES:
        for ending in ("svg", "png"):
            (folder / f"{name}.{ending}").unlink(missing_ok=True)
    for name, drawing in figures.items():
        files.write_text(folder / f"{name}.svg", drawing)
        _write_png(folder / f"{name}.png", drawing)
    for name, rows in tables.items():
        files.write_text(folder / f"{name}.csv", _csv(rows))


_FIGURES = ("frames", "prevalence", "frames_over_time", "channels", "stances", "frames_together")


def _figures(report: ReportData) -> dict[str, str]:
    if not report.paragraphs:
        return {}
    words = report.words
    charts: dict[str, tuple[pictures.Chart, str]] = {
        "frames": (pictures.shares(report.shares, words), words("How often each frame was found")),
        "channels": (pictures.heat(_first_rows(report.channels), words),
                     words("Frames by channel")),
        "frames_together": (
            pictures.heat(report.together, words),
            words("Share of the paragraphs with a row's frame that also have …"),
        ),
    }  # fmt: skip
    if report.correction is not None:
        charts["prevalence"] = (
            pictures.corrected(report.correction, words),
            _corrected_title(report),
        )
    if len(report.time.periods) > 1:
        charts["frames_over_time"] = (
            pictures.over_time(report.time, words),
            words("Frames over time"),
        )
    if any(row.total for row in report.stances):
        charts["stances"] = (
            pictures.stances(report.stances, words),
            words("Stance toward each target"),
        )
    return {name: pictures.svg(chart, title, report.note)
            for name, (chart, title) in charts.items()}  # fmt: skip


def _corrected_title(report: ReportData) -> str:
    words = report.words
    title = words("Shares corrected for the program's errors")
    local = report.correction is not None and report.correction.sample is not None
    return title if local else f"{title} ({words('not corrected for shift')})"


def _first_rows(matrix: Matrix) -> Matrix:
    return Matrix(
        matrix.rows[:_ROWS], matrix.columns, matrix.sizes[:_ROWS], matrix.counts[:_ROWS],
        matrix.values[:_ROWS], matrix.maximum,
    )  # fmt: skip


def _write_png(path: Path, drawing: str) -> None:
    import vl_convert

    with files.replacing(path) as temporary:
        temporary.write_bytes(vl_convert.svg_to_png(drawing, scale=2))


Row = Sequence[object]


def _tables(report: ReportData) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {
        "frames": _frames(report),
        "prevalence": _prevalence(report.correction),
        "frames_over_time": [
            ("period", "frame", "paragraphs", "with_frame", "share", "low", "high"),
            *(
                (p.name, share.code, p.n, p.count, p.share, p.low, p.high)
                for share, points in zip(report.shares, report.time.points, strict=True)
                for p in points
            ),
        ],
        "channels": _long(report.channels, "channel"),
        "frames_together": _long(report.together, "frame"),
        "stances": [
            ("target", "against", "neutral", "favour"),
            *((row.code, *row.counts) for row in report.stances),
        ],
        "left_out": [
            ("reason", "pieces", "posts"),
            *((entry.reason, entry.pieces, entry.posts) for entry in report.dropped or []),
        ],
    }
    for name, table in (("forwards", report.forwards), ("languages", report.languages)):
        tables[name] = [tuple(table.columns), *table.iter_rows()]
    tables["paragraphs_shown"] = [
        ("frame", "kind", "paragraph_id", "channel", "probability", "evidence", "text", "url"),
        *(
            (s.frame, s.kind, s.paragraph_id, s.channel, s.probability, s.evidence, s.text, s.url)
            for s in report.shown
        ),
    ]
    return tables


def _frames(report: ReportData) -> list[Row]:
    """Shares of paragraphs and of posts, with their intervals."""
    return [
        (
            "frame", "paragraphs", "with_frame", "share", "low", "high",
            "posts", "posts_with_frame", "share_of_posts", "posts_low", "posts_high",
            "mean_probability",
        ),
        *(
            (
                s.code, s.n, s.count, s.share, s.low, s.high,
                s.posts, s.post_count, s.post_share, s.post_low, s.post_high,
                s.expected,
            )
            for s in report.shares
        ),
    ]  # fmt: skip


def _prevalence(correction: Correction | None) -> list[Row]:
    """The corrected shares and their error rates."""
    rows: list[Row] = [
        (
            "frame", "paragraphs", "with_frame", "share_found", "share_corrected", "low", "high",
            "corrected_for_shift", "local_passages", "sensitivity", "of_present", "false_alarms",
            "of_absent",
        )
    ]  # fmt: skip
    for row in correction.rows if correction else []:
        found, sample = row.corrected, correction.sample if correction else None
        told = (found.share, found.low, found.high) if found else (None, None, None)
        rates = row.rates
        measured = (
            (rates.sensitivity, rates.of_present, rates.false_alarms, rates.of_absent)
            if rates
            else (None, None, None, None)
        )
        local = (sample is not None, sample.passages if sample else 0)
        rows.append((row.found.code, row.found.n, row.found.count, row.found.share, *told, *local,
                     *measured))  # fmt: skip
    return rows


def _long(matrix: Matrix, name: str) -> list[Row]:
    rows: list[Row] = [(name, "paragraphs", "frame", "with_frame", "share")]
    for row, n, counts, values in zip(
        matrix.rows, matrix.sizes, matrix.counts, matrix.values, strict=True
    ):
        for column, count, value in zip(matrix.columns, counts, values, strict=True):
            if count is not None:
                rows.append((row, n, column, count, value))
    return rows


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.6g}"
    if not isinstance(value, str):
        return value
    return guarded(fit(value))
