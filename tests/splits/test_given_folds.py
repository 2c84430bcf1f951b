from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.splits import Material, SplitResult, SplitSettings, split

NAMES = [f"{i:016x}" for i in range(60)]


def parts_of(
    fold: Sequence[str | None], family: list[str], dev_voices: Sequence[str] = ()
) -> SplitResult:
    """Sixty passages with these folds and families: every third is about rain, and the last ten
    have the voice lighthouse."""
    from pipeline import codebook as codebooks
    from tests.conftest import SMALL_CODEBOOK

    book: Codebook = codebooks.parse(SMALL_CODEBOOK, "small.yaml")
    texts = pl.DataFrame(
        {
            "passage_id": NAMES,
            "text": NAMES,
            "post": [None] * 60,
            "group": [None] * 60,
            "fold": fold,
            "voice": [None] * 50 + ["lighthouse"] * 10,
        },
        schema_overrides=dict.fromkeys(("post", "group", "fold"), pl.String),
    )
    paragraphs = texts.with_columns(
        post_id="passage_id", language=pl.lit("en"), family=pl.Series(family)
    )
    labels = pl.DataFrame(
        {
            "passage_id": NAMES,
            "question": ["rain"] * 60,
            "answer": ["present" if i % 3 == 0 else "absent" for i in range(60)],
        }
    )
    return split(
        Material(paragraphs, labels, texts, book),
        SplitSettings(0.1, 0.2, 0.7, dev_voices),
        frozenset(),
        np.random.default_rng(0),
    )


def counts(folds: pl.DataFrame) -> dict[str, int]:
    return dict(
        folds.group_by("fold").len().with_columns(pl.col("fold").cast(pl.String)).iter_rows()
    )


def test_a_given_test_stays_and_dev_is_drawn_from_the_rest() -> None:
    result = parts_of(["test"] * 20 + ["train"] * 40, NAMES)
    assert set(result.folds.filter(fold="test")["passage_id"]) == set(NAMES[:20])
    assert counts(result.folds) == {"test": 20, "train": 34, "dev": 6}  # a tenth of sixty
    assert result.notes == ()


def test_without_given_folds_test_and_dev_are_drawn() -> None:
    result = parts_of([None] * 60, NAMES)
    assert counts(result.folds) == {"test": 12, "train": 42, "dev": 6}


def test_a_fold_column_that_is_all_train_is_said_to_decide_nothing() -> None:
    result = parts_of(["train"] * 60, NAMES)
    assert counts(result.folds) == {"test": 12, "train": 42, "dev": 6}
    assert result.notes == ("every passage is given as train, so dev and test are drawn from them",)


def test_near_duplicates_across_given_folds_are_noted_and_kept() -> None:
    family = ["same" if i in (0, 20, 21) else name for i, name in enumerate(NAMES)]
    result = parts_of(["test"] * 20 + ["train"] * 40, family)
    assert "family once" in result.notes[0]
    drawn = result.folds.filter(pl.col("passage_id").is_in([NAMES[20], NAMES[21]]))
    assert drawn["fold"].n_unique() == 1  # drawn folds never divide a family


def test_a_table_with_only_test_passages_is_refused() -> None:
    with pytest.raises(InputError, match="none is left for training"):
        parts_of(["test"] * 60, NAMES)


def test_dev_may_consist_of_the_passages_of_a_voice() -> None:
    result = parts_of(["test"] * 20 + ["train"] * 40, NAMES, ["lighthouse"])
    assert set(result.folds.filter(fold="dev")["passage_id"]) == set(NAMES[50:])
    assert counts(result.folds) == {"test": 20, "train": 30, "dev": 10}


def test_dev_voices_are_refused_if_the_data_have_a_dev_fold() -> None:
    with pytest.raises(InputError, match="these data have a dev fold"):
        parts_of(["dev"] * 20 + ["train"] * 40, NAMES, ["lighthouse"])


def test_near_duplicates_of_a_given_test_without_a_fold_are_left_out() -> None:
    alike = ["twin" if i in (0, 30) else name for i, name in enumerate(NAMES)]
    result = parts_of(["test"] * 20 + [None] * 40, alike)
    assert result.folds.filter(fold="left_out")["passage_id"].to_list() == [NAMES[30]]
    assert result.notes == (
        "passages without a fold left out because they are tied to a given dev or test: 1",
    )
