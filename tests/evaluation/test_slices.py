from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.codebook import Codebook
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.evaluation import evaluate_predictions, slice_table
from pipeline.evaluation.slices import FEWEST_PASSAGES, IN_DOUBT, SURE, groups, parts, sorted_parts
from pipeline.models.predictions import Predictions
from tests.conftest import Coder


def coded_and_answered(code: Coder, voices: list[str]) -> tuple[Predictions, LabeledPassages]:
    """Every second passage has rain, which is found only in the first voice. Coders disagree on the
    last passage; the town is never mentioned."""
    n = len(voices)
    coded = code(
        [f"{'word ' * (1 + i % 3)}{i}" for i in range(n)],
        [["present" if i % 2 else "absent", "absent", "absent"] for i in range(n)],
    )
    soft = coded.soft.copy()
    soft[-1, 0] = 2 / 3
    passages = coded.passages.with_columns(pl.Series("voice", voices))
    coded = LabeledPassages(passages, soft, coded.asked, coded.answers)
    decisions = coded.answers.copy()
    decisions[[voice != voices[0] for voice in voices], 0] = "absent"
    return Predictions(np.zeros_like(soft), decisions), coded


def test_each_part_has_its_own_metrics_and_small_ones_are_marked(
    code: Coder, small_codebook: Codebook
) -> None:
    voices = ["here"] * FEWEST_PASSAGES + ["there"] * FEWEST_PASSAGES + ["nowhere"] * 19
    answers, coded = coded_and_answered(code, voices)
    result = evaluate_predictions(
        answers, coded, small_codebook, samples=20, confidence=0.9, rng=np.random.default_rng(0)
    )
    voice = result.metrics["slices"]["voice"]
    assert voice["nowhere"] == {"passages": 19, "too_few": True}
    assert voice["here"]["f1_macro"] == 1.0
    assert voice["here"]["f1_macro_interval"] == {"low": 1.0, "high": 1.0}
    assert voice["there"]["f1_macro"] == 0.0
    assert voice["there"]["stance_f1"] is None
    # All passages have one language: 29 with rain, 10 of them found: 2 * 10 / (29 + 10).
    assert result.metrics["slices"]["language"]["en"]["f1_micro"] == pytest.approx(20 / 39)
    assert result.metrics["overall"]["f1_micro"] == pytest.approx(20 / 39)
    lines = slice_table(result.metrics).splitlines()
    assert any("voice: 1 with fewer than 20 passages" in line for line in lines)
    assert not any("nowhere" in line for line in lines)


def test_each_passage_is_in_one_part_of_a_dimension(code: Coder) -> None:
    _, coded = coded_and_answered(code, ["here"] * 10 + ["there"] * 10)
    found = parts(groups(coded.passages, coded.soft.astype(np.float64)))
    assert sorted(found) == ["coders", "language", "length", "voice"]
    for values in found.values():
        rows = np.concatenate(list(values.values()))
        assert sorted(rows.tolist()) == list(range(20))
    assert {name: len(rows) for name, rows in found["coders"].items()} == {SURE: 19, IN_DOUBT: 1}
    lengths = [coded.passages["text"][int(rows[0])] for rows in found["length"].values()]
    assert [len(text) for text in lengths] == sorted(len(text) for text in lengths)


def test_an_empty_column_is_not_a_dimension(code: Coder) -> None:
    _, coded = coded_and_answered(code, ["here"] * 4)
    passages = coded.passages.with_columns(
        pl.lit(None, pl.String).alias("channel"), pl.Series("source", ["a", None, None, None])
    )
    found = parts(groups(passages, coded.soft.astype(np.float64)))
    assert "channel" not in found
    assert {name: rows.tolist() for name, rows in found["source"].items()} == {"a": [0]}


def test_lengths_are_sorted_by_number() -> None:
    assert sorted_parts(["90 to 200 c", "1 to 89 c", "201 c or more"]) == [
        "1 to 89 c",
        "90 to 200 c",
        "201 c or more",
    ]
