from __future__ import annotations

import math
from typing import Any

from pipeline.tracking.flat import flat_curve, flat_metrics, flat_settings


def frame(f1: float | None) -> dict[str, Any]:
    figures = dict.fromkeys(("precision", "recall", "average_precision"), f1)
    return {**figures, "f1": f1, "support": {"present": 3, "absent": 4}}


def passages(f1: float | None) -> dict[str, Any]:
    return {
        "passages": 7,
        "f1_macro": f1,
        "f1_macro_interval": {"low": 0.25, "high": 0.75},
        "borderline_as_present": {"f1_macro": 0.125, "frames": {}},
        "stance": {"brier": 0.5},
        "frames": {"alpha": frame(f1), "beta": frame(None)},
        "targets": {"west": {"f1": 0.375}},
    }


def test_nested_settings_are_joined_by_dots_and_keep_their_values() -> None:
    nested = {"seed": 3, "train": {"rate": 1e-4, "name": "x"}, "files": ["a", "b"], "none": None}
    assert flat_settings(nested) == {
        "seed": "3",
        "train.rate": "0.0001",
        "train.name": "x",
        "files": '["a", "b"]',
        "none": "null",
    }


def test_metrics_include_intervals_frames_targets_and_languages_without_undefined_values() -> None:
    flat = flat_metrics({"overall": passages(0.5), "by_language": {"ru": passages(None)}})
    overall = {name: value for name, value in flat.items() if not name.startswith("ru/")}
    assert overall == {
        "passages": 7.0,
        "f1_macro": 0.5,
        "f1_macro_low": 0.25,
        "f1_macro_high": 0.75,
        "f1_macro_borderline_as_present": 0.125,
        "stance_brier": 0.5,
        "precision/alpha": 0.5,
        "recall/alpha": 0.5,
        "f1/alpha": 0.5,
        "average_precision/alpha": 0.5,
        "present/alpha": 3,
        "present/beta": 3,
        "stance_f1/west": 0.375,
    }
    assert flat["ru/stance_f1/west"] == 0.375
    assert "ru/f1_macro" not in flat
    assert "ru/precision/alpha" not in flat


def test_a_curve_has_one_point_per_value_and_epoch() -> None:
    history = [{"number": 1, "loss": 0.5, "score": math.nan}, {"number": 2, "loss": 0.25}]
    points = [("training/loss", 0.5, 1), ("training/loss", 0.25, 2)]
    assert flat_curve(1, history) == points
    assert flat_curve(2, [{"loss": 1.0}]) == [("training/2/loss", 1.0, 1)]


def test_a_mapping_of_words_that_are_no_names_is_one_value() -> None:
    flat = flat_settings({"labelled": {"answers": {"ja, klar": "present"}}, "other": {"a b": 1}})
    assert flat == {"labelled.answers": '{"ja, klar": "present"}', "other.a b": "1"}
