import polars as pl

from pipeline.codebook import Codebook
from pipeline.splits import scarce


def tables(
    answers: list[tuple[str, str, str]],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Folds and labels of passages, each with a fold, a question and its answer."""
    rows = [(f"p{i}", *answer) for i, answer in enumerate(answers)]
    whole = pl.DataFrame(rows, schema=["passage_id", "fold", "question", "answer"], orient="row")
    return whole.select("passage_id", "fold"), whole.select("passage_id", "question", "answer")


def test_questions_with_few_positives_are_named_with_their_number(small_codebook: Codebook) -> None:
    many = [("train", "rain", "present")] * 10 + [("train", "wind", "present")] * 9
    many += [("train", "wind", "absent")] * 20
    many += [(fold, name, "present") for fold in ("dev", "test") for name in ("rain", "wind")]
    notes = scarce(*tables(many), small_codebook)
    # stance:town is not asked at all.
    assert notes == ("fewer than 10 positive answers in train: wind (9)",)


def test_questions_without_a_positive_in_dev_or_test_are_named(small_codebook: Codebook) -> None:
    rows = [("train", "rain", "present"), ("train", "stance:town", "against")] * 10
    rows += [("dev", "rain", "present"), ("dev", "stance:town", "absent")]
    rows += [("test", "rain", "borderline"), ("test", "stance:town", "neutral")]
    assert scarce(*tables(rows), small_codebook) == (
        "no positive answer in dev: stance:town; they get the threshold of the others",
        "no positive answer in test: rain; they are not evaluated",
    )


def test_an_empty_fold_is_one_sentence_without_names(small_codebook: Codebook) -> None:
    rows = [("train", "rain", "present")] * 10 + [("dev", "rain", "present")]
    assert scarce(*tables(rows), small_codebook) == (
        "no passage is in test; raise split.test_share, or label more",
    )
