import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.models.linear import tfidf
from pipeline.models.linear.tfidf import TfidfModel, TfidfRecipe
from tests.conftest import Coder, passages_of

RECIPE = TfidfRecipe(
    word_ngrams=2,
    character_ngrams=4,
    min_documents=1,
    inverse_regularisation=10.0,
    context="none",
)
TEXTS = [
    "Heavy rain fell on the harbour all night",
    "The rain has stopped and the streets dry",
    "A gale tore the flags from the masts",
    "The wind turned north in the afternoon",
    "The library opens at nine on weekdays",
    "Tickets for the concert are sold out",
]
ANSWERS = [
    ("present", "absent", "absent"),
    ("present", "absent", "absent"),
    ("absent", "present", "absent"),
    ("absent", "present", "absent"),
    ("absent", "absent", "absent"),
    ("absent", "absent", "absent"),
]


def test_it_learns_which_words_go_with_which_frame(code: Coder) -> None:
    coded = code(TEXTS, ANSWERS)
    p = RECIPE.fit(coded, coded).probabilities(passages_of(["Rain on the harbour", "North wind"]))
    assert p[0, 0] > p[1, 0]
    assert p[1, 1] > p[0, 1]


def test_a_saved_model_answers_as_before(code: Coder, tmp_path: Path) -> None:
    coded = code(TEXTS, ANSWERS)
    model = RECIPE.fit(coded, coded)
    model.save(tmp_path)
    again = TfidfModel.load(tmp_path)
    unseen = passages_of(["Rain and wind", "Дождь прошёл 🌧", ""])
    assert np.array_equal(model.probabilities(unseen), again.probabilities(unseen))


def test_an_output_that_was_never_present_hardly_ever_is(code: Coder) -> None:
    coded = code(TEXTS, ANSWERS)
    p = RECIPE.fit(coded, coded).probabilities(coded.passages)
    assert (p[:, 2:] < 0.05).all()


def test_rows_where_a_question_was_not_asked_teach_it_nothing(code: Coder) -> None:
    unasked = [("", *row[1:]) if i == 5 else row for i, row in enumerate(ANSWERS)]
    with_row = RECIPE.fit(code(TEXTS, unasked), code(TEXTS, unasked))
    assert with_row.heads.weights[0].any()
    # The word "tickets" stands in the unasked row alone.
    column = with_row.vocabularies[0].terms.index("tickets")
    assert with_row.heads.weights[0, column] == 0
    assert with_row.heads.weights[1, column] != 0


def test_context_is_read_only_when_asked_for(code: Coder) -> None:
    coded = code(TEXTS, ANSWERS)
    changed = coded.passages.with_columns(before=coded.passages["text"].reverse())
    blind = RECIPE.fit(coded, coded)
    assert np.array_equal(blind.probabilities(changed), blind.probabilities(coded.passages))


def test_passages_that_have_no_context_at_all_are_learnt_from_their_text(code: Coder) -> None:
    coded = code(TEXTS, ANSWERS)
    model = replace(RECIPE, context="both").fit(coded, coded)
    assert [vocabulary.field for vocabulary in model.vocabularies] == ["text", "text"]


def test_texts_without_a_frequent_term_are_refused_in_one_line(code: Coder) -> None:
    coded = code(["Rain", "Gust"], [("present", "absent", "absent")] * 2)
    with pytest.raises(InputError, match="tfidf: no term occurs in"):
        replace(RECIPE, min_documents=2).fit(coded, coded)


def test_what_is_said_of_a_passage_does_not_depend_on_how_many_are_read_at_once(
    code: Coder, monkeypatch: pytest.MonkeyPatch
) -> None:
    coded = code(TEXTS, ANSWERS)
    model = RECIPE.fit(coded, coded)
    at_once = model.probabilities(coded.passages)
    monkeypatch.setattr(tfidf, "READ_AT_ONCE", 2)
    assert np.array_equal(model.probabilities(coded.passages), at_once)


def test_no_passage_gives_no_row(code: Coder) -> None:
    coded = code(TEXTS, ANSWERS)
    assert RECIPE.fit(coded, coded).probabilities(coded.passages[:0]).shape == (0, 5)


@pytest.mark.parametrize(
    "damage",
    [{"vocabularies": [{"field": "text"}], "context": "none"}, {"context": "none"}, []],
)
def test_a_damaged_file_is_refused_by_name(code: Coder, tmp_path: Path, damage: object) -> None:
    coded = code(TEXTS, ANSWERS)
    RECIPE.fit(coded, coded).save(tmp_path)
    (tmp_path / "tfidf.json").write_text(json.dumps(damage), encoding="utf-8")
    with pytest.raises(InputError, match=r"tfidf\.json: not a tfidf model"):
        TfidfModel.load(tmp_path)
