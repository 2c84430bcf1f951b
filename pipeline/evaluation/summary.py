"""The main table as Markdown that is also readable as plain text."""

from __future__ import annotations

from typing import Any

from pipeline.evaluation.resampling import IN_DOMAIN
from pipeline.evaluation.slices import FEWEST_PASSAGES, sorted_parts
from pipeline.io import markdown

LANGUAGES = {"en": "English", "ru": "Russian", "uk": "Ukrainian", "und": "Unknown language"}

_OVERALL = (
    ("Macro F1", "f1_macro"),
    ("Core F1", "f1_core"),
    ("Micro F1", "f1_micro"),
    ("Mean average precision", "map"),
    ("Stance F1", "stance_f1"),
    ("Stance F1, against", "stance_f1_against"),
    ("Stance F1, favour", "stance_f1_favour"),
)


def language_name(code: str) -> str:
    return LANGUAGES.get(code, code)


def summary(metrics: dict[str, Any]) -> str:
    """A header line, then three tables (overall, frames, stance targets) with columns for all
    passages and for each language. An en dash marks an undefined value."""
    parts = {"All": metrics["overall"]}
    if len(metrics["by_language"]) > 1:
        parts |= {language_name(k): v for k, v in metrics["by_language"].items()}
    sizes = ", ".join(f"{name} {part['passages']}" for name, part in parts.items())
    confidence = f"{100 * metrics['bootstrap']['confidence']:g}%"
    lines = [
        f"Evaluated on: {metrics['domain']} (codebook {metrics['codebook_version']}). "
        f"Passages: {sizes}. Borderline passages are left out; "
        f"in brackets, {confidence} bootstrap intervals by family"
        f"{' and post' if metrics['domain'] == IN_DOMAIN else ''}.",
        "",
        *_overall_table(parts),
        "",
        *_frames_table(parts),
    ]
    if metrics["overall"].get("targets"):
        lines += ["", *_targets_table(parts)]
    return "\n".join(lines) + "\n"


def slice_table(metrics: dict[str, Any]) -> str:
    """One row per part of the passages, with small parts combined; empty without slices."""
    rows = []
    for dimension, parts in metrics.get("slices", {}).items():
        small = [part["passages"] for part in parts.values() if "too_few" in part]
        rows += [
            [f"{dimension}: {name}", str(parts[name]["passages"]), *_figures_of_slice(parts[name])]
            for name in sorted_parts(parts)
            if "too_few" not in parts[name]
        ]
        if small:
            others = f"{dimension}: {len(small)} with fewer than {FEWEST_PASSAGES} passages"
            rows.append([others, str(sum(small)), "too few", "too few", "too few"])
    header = ["Part", "n", "Macro F1", "Micro F1", "Stance F1"]
    return "\n".join(markdown.lines(header, rows)) + "\n" if rows else ""


def gain_table(before: dict[str, Any], after: dict[str, Any]) -> str:
    """The overall metrics of a classifier as shipped and as fitted to a local sample, side by
    side."""
    rows = [
        [label, _with_interval(before, key), _with_interval(after, key)]
        for label, key in _OVERALL
        if key in before
    ]
    errors = (_plain(part.get("calibration_error")) for part in (before, after))
    rows.append(["Calibration error", *errors])
    lines = [
        f"{before['passages']} coded passages, {before['families']} families. Local: each passage "
        "is evaluated by a fit on the others.",
        "",
        *markdown.lines(["Figure", "Shipped", "Local"], rows),
        "",
        "Differences smaller than the intervals may be chance; the curve in the README shows how "
        "many passages help.",
    ]
    return "\n".join(lines)


def _figures_of_slice(part: dict[str, Any]) -> list[str]:
    return [
        _with_interval(part, key) if key in part else "–"
        for key in ("f1_macro", "f1_micro", "stance_f1")
    ]


def _overall_table(parts: dict[str, Any]) -> list[str]:
    rows = [
        [label, *(_with_interval(part, key) for part in parts.values())]
        for label, key in _OVERALL
        if key in parts["All"]
    ]
    rows.append(
        ["Calibration error", *(_plain(part.get("calibration_error")) for part in parts.values())]
    )
    for label, key in (
        ("as present", "borderline_as_present"),
        ("as absent", "borderline_as_absent"),
    ):
        values = (_plain(part[key]["f1_macro"]) for part in parts.values())
        rows.append([f"Macro F1, borderline {label}", *values])
    return markdown.lines(["Figure", *parts], rows)


def _frames_table(parts: dict[str, Any]) -> list[str]:
    """All metrics for all passages; per language, F1 with interval and the number of passages with
    the frame (the rest is in the metrics file)."""
    languages = [name for name in parts if name != "All"]
    header = ["Frame", "P", "R", "F1", "AP", "n", *(f"{name} F1 (n)" for name in languages)]
    rows = []
    for code, frame in parts["All"]["frames"].items():
        row = [code, _plain(frame["precision"]), _plain(frame["recall"])]
        row += [_with_interval(frame, "f1"), _plain(frame["average_precision"])]
        row.append(str(frame["support"]["present"]))
        for name in languages:
            of_language = parts[name]["frames"][code]
            count = of_language["support"]["present"]
            row.append(f"{_with_interval(of_language, 'f1')} ({count})")
        rows.append(row)
    return markdown.lines(header, rows)


def _targets_table(parts: dict[str, Any]) -> list[str]:
    languages = [name for name in parts if name != "All"]
    header = ["Stance toward", "F1", "against (n)", "favour (n)", *(f"{n} F1" for n in languages)]
    rows = []
    for code, target in parts["All"]["targets"].items():
        row = [code, _with_interval(target, "f1")]
        row += [
            f"{_plain(target[f'f1_{pole}'])} ({target['support'][pole]})"
            for pole in ("against", "favour")
        ]
        row += [_with_interval(parts[name]["targets"][code], "f1") for name in languages]
        rows.append(row)
    return markdown.lines(header, rows)


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _with_interval(part: dict[str, Any], key: str) -> str:
    interval = part.get(f"{key}_interval")
    if part[key] is None or interval is None:
        return _plain(part[key])
    return f"{part[key]:.2f} [{interval['low']:.2f}, {interval['high']:.2f}]"
