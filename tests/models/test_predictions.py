import numpy as np

from pipeline import tables
from pipeline.codebook import Codebook
from pipeline.models.predictions import Predictions, columns


def test_answers_have_the_decision_columns_of_the_scores_table(
    small_codebook: Codebook,
) -> None:
    # Outputs: rain, wind, the town's against, neutral, favour.
    probabilities = np.array([[0.75, 0.25, 0.5, 0.125, 0.625], [0, 0, 0.25, 0.375, 0]], np.float32)
    decisions = np.array([["present", "absent", "against"], ["absent"] * 3], object)
    found = columns(Predictions(probabilities, decisions), small_codebook)
    assert {name: column.to_list() for name, column in found.items()} == {
        "rain": [True, False],
        "rain_p": [0.75, 0.0],
        "wind": [False, False],
        "wind_p": [0.25, 0.0],
        # The stance shown; for absent the largest of the three.
        "stance_town": ["against", "absent"],
        "stance_town_p": [0.5, 0.375],
    }
    scores = tables.scores(small_codebook.frame_codes, small_codebook.target_codes)
    assert set(found) <= set(scores.columns())
