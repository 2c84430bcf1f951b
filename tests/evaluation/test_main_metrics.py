from typing import Any

from pipeline.evaluation.main_metrics import main_metrics


def test_ten_figures_of_all_passages_stand_for_the_whole() -> None:
    names = ("f1_macro", "f1_core", "f1_micro", "map", "stance_f1", "calibration_error", "brier")
    overall: dict[str, Any] = {name: 1 / (n + 3) for n, name in enumerate(names)}
    interval = {"low": 0.25, "high": 0.5}
    overall |= {"passages": 7, "families": 6, "f1_macro_interval": interval, "frames": {"rain": {}}}
    found = main_metrics({"overall": overall, "by_language": {"en": overall}})
    assert len(found) == 10
    assert found["f1_macro"] == 0.3333  # 1 / 3, to four digits
    assert (found["f1_macro_low"], found["f1_macro_high"]) == (0.25, 0.5)
    assert found["passages"] == 7


def test_an_undefined_figure_is_left_out() -> None:
    assert main_metrics({"overall": {"passages": 1, "f1_macro": None}}) == {"passages": 1}
