from __future__ import annotations

import numpy as np
import pytest

from pipeline import tables
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.models.classifier import Answers
from pipeline.tracking.served_answers import decision_columns, passages_of


def test_context_that_is_not_given_is_empty_and_the_rest_is_cleaned_and_cut() -> None:
    rows = passages_of(
        {"text": [" a\u200b  b ", "c"], "opening": ["x" * 250, None], "post_id": [1, 2]}
    )
    assert rows.to_dict(as_series=False) == {
        "text": ["a b", "c"],
        "opening": ["x" * 200, ""],
        "before": ["", ""],
    }
    assert passages_of({"text": ["a"], "before": [float("nan")]})["before"].to_list() == [""]


def test_a_request_without_text_is_refused() -> None:
    with pytest.raises(InputError, match="needs a column 'text'; it has message"):
        passages_of({"message": ["x"]})


def test_the_answer_has_the_decision_columns_of_the_scores_table(
    small_codebook: Codebook,
) -> None:
    # Outputs: rain, wind, the town's against, neutral, favour.
    probabilities = np.array([[0.75, 0.25, 0.5, 0.125, 0.625], [0, 0, 0.25, 0.375, 0]], np.float32)
    decisions = np.array([["present", "absent", "against"], ["absent"] * 3], object)
    columns = decision_columns(Answers(probabilities, decisions), small_codebook)
    assert columns == {
        "rain": [True, False],
        "rain_p": [0.75, 0.0],
        "wind": [False, False],
        "wind_p": [0.25, 0.0],
        # The stance shown; for absent the largest of the three.
        "stance_town": ["against", "absent"],
        "stance_town_p": [0.5, 0.375],
    }
    scores = tables.scores(small_codebook.frame_codes, small_codebook.target_codes)
    assert set(columns) <= set(scores.columns())
