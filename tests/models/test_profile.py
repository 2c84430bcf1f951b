import numpy as np
import polars as pl
import pytest

from pipeline.codebook import Codebook
from pipeline.models.profile import micro_f1, profile
from tests.conftest import Coder


def test_it_keeps_shares_lengths_and_the_languages_that_are_weak(
    small_codebook: Codebook, code: Coder
) -> None:
    # 30 English passages answered rightly, 30 Russian ones of which a third is found.
    coded = code([f"text {i:02d}" for i in range(60)], [("present", "absent", "absent")] * 60)
    languages = pl.Series("language", ["en"] * 30 + ["ru"] * 30)
    passages = coded.passages.with_columns(languages)
    coded = type(coded)(passages, coded.soft, coded.asked, coded.answers)
    decisions = coded.answers.copy()
    decisions[40:, 0] = "absent"
    kept = profile(coded, coded, decisions, small_codebook)
    assert kept["languages"] == {"en": 0.5, "ru": 0.5}
    assert kept["frames"] == {"rain": 1.0, "wind": 0.0}
    assert kept["median_length"] == 7
    # 10 found of 30, none wrong: F1 = 2 * 10 / (30 + 10) = 0.5
    assert kept["dev_micro_f1"] == {"en": 1.0, "ru": pytest.approx(0.5)}
    assert kept["unsupported_languages"] == ["ru"]


def test_a_language_with_few_present_answers_is_not_trusted(
    small_codebook: Codebook, code: Coder
) -> None:
    coded = code(["a", "b"], [("present", "absent", "absent")] * 2)
    assert micro_f1(coded, coded.answers, small_codebook, "en") is None
    kept = profile(coded, coded, coded.answers, small_codebook)
    assert kept["unsupported_languages"] == ["en"]


def test_borderline_rows_are_left_out(small_codebook: Codebook, code: Coder) -> None:
    answers = [("present", "absent", "absent")] * 20 + [("borderline", "absent", "absent")] * 20
    coded = code([f"t{i}" for i in range(40)], answers)
    said = np.full((40, 3), "present", object)
    said[:, 1:] = "absent"
    assert micro_f1(coded, said, small_codebook, "en") == 1.0


def test_shares_of_frames_are_of_the_passages_that_were_asked(
    small_codebook: Codebook, code: Coder
) -> None:
    answers = [("present", "absent", "absent")] * 25 + [("absent", "absent", "absent")] * 75
    coded = code([f"t{i}" for i in range(100)], answers)
    coded.asked[50:, 0] = False
    assert profile(coded, coded, coded.answers, small_codebook)["frames"]["rain"] == 0.5
