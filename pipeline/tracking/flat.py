"""Nested settings and metrics → flat names for MLflow's tables and charts."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_NAME = re.compile(r"[\w.\- :/]+")
_FRAME_FIGURES = ("precision", "recall", "f1", "average_precision")
# Per language, only the metrics that are compared across languages.
_LANGUAGE_FRAME_FIGURES = ("f1",)


def flat_settings(settings: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """``{"train": {"epochs": 4}}`` → ``{"train.epochs": "4"}``; lists as JSON, and mappings whose
    keys MLflow does not take as names, such as the words of a table."""
    result: dict[str, str] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and all(_NAME.fullmatch(str(key)) for key in value):
            result |= flat_settings(value, f"{name}.")
        else:
            result[name] = (
                value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            )
    return result


def flat_metrics(metrics: dict[str, Any]) -> dict[str, float]:
    """``f1_macro``, ``f1_macro_low``, ``f1/<frame>``, ``stance_f1/<target>``, ``en/f1_macro`` …

    Only the metrics for MLflow's charts; all others are in the metrics file. Undefined values are
    left out.
    """
    result = _of_passages(metrics["overall"], _FRAME_FIGURES)
    for language, part in metrics["by_language"].items():
        of_language = _of_passages(part, _LANGUAGE_FRAME_FIGURES)
        result |= {f"{language}/{name}": value for name, value in of_language.items()}
    return result


def flat_curve(place: int, history: list[dict[str, Any]]) -> list[tuple[str, float, int]]:
    """Name, value and step of every number in a learning curve; the step is the entry's
    ``number``, or its position if it has none.

    ``place`` is that of the curve among those of one model, from 1. The first is ``training/loss``
    in every model, so that a chart has an encoder alone and one in an ensemble side by side; the
    second is ``training/2/loss``.
    """
    prefix = "training/" if place == 1 else f"training/{place}/"
    points: list[tuple[str, float, int]] = []
    for position, entry in enumerate(history, start=1):
        step = int(entry.get("number", position))
        points += [
            (f"{prefix}{name}", float(value), step)
            for name, value in entry.items()
            if name != "number" and _is_number(value)
        ]
    return points


def _of_passages(part: dict[str, Any], frame_figures: tuple[str, ...]) -> dict[str, float]:
    result: dict[str, float] = {}
    for name, value in part.items():
        if _is_number(value):
            result[name] = float(value)
        elif name.endswith("_interval"):
            result |= _interval(name.removesuffix("_interval"), value)
        elif name.startswith("borderline_") and _is_number(value["f1_macro"]):
            result[f"f1_macro_{name}"] = value["f1_macro"]
    for name in ("calibration_error", "brier"):
        if _is_number(part.get("stance", {}).get(name)):
            result[f"stance_{name}"] = part["stance"][name]
    for code, frame in part["frames"].items():
        result |= {f"{n}/{code}": frame[n] for n in frame_figures if _is_number(frame[n])}
        result[f"present/{code}"] = frame["support"]["present"]
    for code, target in part.get("targets", {}).items():
        if _is_number(target["f1"]):
            result[f"stance_f1/{code}"] = target["f1"]
    return result


def _interval(name: str, interval: dict[str, float]) -> dict[str, float]:
    return {f"{name}_low": interval["low"], f"{name}_high": interval["high"]}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
