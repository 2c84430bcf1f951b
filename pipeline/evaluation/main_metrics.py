"""The few metrics by which runs are compared at a glance, out of the hundreds of an evaluation."""

from __future__ import annotations

from typing import Any

_FIGURES = (
    "f1_macro", "f1_core", "f1_micro", "map", "stance_f1", "calibration_error", "brier",
)  # fmt: skip


def main_metrics(metrics: dict[str, Any]) -> dict[str, float]:
    """At most ten figures of all passages, flat and rounded to four digits; undefined ones are left
    out.

    ``metrics`` are those of :class:`~pipeline.evaluation.result.Evaluation`. The interval of macro
    F1 is given by ``f1_macro_low`` and ``f1_macro_high``.
    """
    overall = metrics["overall"]
    found: dict[str, float] = {"passages": overall["passages"]}
    for name in _FIGURES:
        if overall.get(name) is None:
            continue
        found[name] = round(overall[name], 4)
        if name == "f1_macro" and "f1_macro_interval" in overall:
            interval = overall["f1_macro_interval"]
            found |= {f"{name}_{end}": round(interval[end], 4) for end in ("low", "high")}
    return found
