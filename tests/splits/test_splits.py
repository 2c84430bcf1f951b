from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import splits
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.splits.folds import verify
from pipeline.splits.stratify import stratify
from pipeline.text.near_duplicates import families
from pipeline.text.passage_id import passage_id

Row = dict[str, Any]


def passage(
    text: str,
    *,
    post: str | None = None,
    family: str | None = None,
    group: str | None = None,
    language: str = "en",
    rain: str = "absent",
    voice: str | None = None,
) -> Row:
    """A labelled passage with its own post and family unless given."""
    return {"text": text, "post": post or text, "family": family or text, "group": group,
            "language": language, "rain": rain, "voice": voice,
            "passage_id": passage_id(text)}  # fmt: skip


def tables(rows: Sequence[Row]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Paragraphs, labels and texts of passages; only the texts say which post each belongs to."""
    strings = dict.fromkeys(
        ("passage_id", "text", "post", "family", "group", "language", "rain", "voice"), pl.String
    )
    frame = pl.DataFrame(rows, schema=strings)
    paragraphs = frame.select("passage_id", "text", "language", "family", post_id="passage_id")
    labels = frame.select("passage_id", question=pl.lit("rain"), answer="rain")
    texts = frame.select("passage_id", "text", "post", "group", "language", "voice")
    return paragraphs, labels, texts


def split(
    rows: Sequence[Row],
    codebook: Codebook,
    *,
    frozen: Sequence[str] = (),
    extend: bool = False,
    dev: float = 0.15,
    test: float = 0.15,
    seed: int = 13,
    shuffled: int | None = None,
    voices: Sequence[str] = (),
) -> splits.SplitResult:
    paragraphs, labels, texts = tables(rows)
    if shuffled is not None:
        paragraphs, labels, texts = (
            t.sample(fraction=1, shuffle=True, seed=shuffled) for t in (paragraphs, labels, texts)
        )
    settings = splits.SplitSettings(dev, test, 0.7, voices, extend_test=extend)
    return splits.split(
        splits.Material(paragraphs, labels, texts, codebook),
        settings,
        frozenset(frozen),
        np.random.default_rng(seed),
    )


def folds_of(result: splits.SplitResult) -> dict[str, str]:
    return dict(result.folds.select("passage_id", pl.col("fold").cast(pl.String)).iter_rows())


def many(n: int) -> list[Row]:
    return [passage(f"passage number {i}") for i in range(n)]


KEYS = st.sampled_from(["a", "b", "c", "d", None])
DRAWN: st.SearchStrategy[list[Row]] = st.lists(
    st.builds(dict, post=KEYS, family=KEYS, group=KEYS, language=st.sampled_from(["en", "ru"]),
              rain=st.sampled_from(["present", "absent", "borderline", "contested"])),
    min_size=1, max_size=30,
)  # fmt: skip
ROWS = DRAWN.map(lambda drawn: [passage(f"text {i}", **row) for i, row in enumerate(drawn)])


@pytest.mark.slow
@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, seed=st.integers(0, 99), frozen=st.sets(st.integers(0, 29)), extend=st.booleans())
def test_no_family_post_or_group_is_in_two_folds(
    small_codebook: Codebook, rows: list[Row], seed: int, frozen: set[int], extend: bool
) -> None:
    test = [rows[i]["passage_id"] for i in frozen if i < len(rows)]
    result = split(rows, small_codebook, frozen=test, extend=extend, seed=seed)
    fold_of = folds_of(result)
    assert set(fold_of) == {row["passage_id"] for row in rows}
    for kind in ("post", "family", "group"):
        seen: dict[str, set[str]] = {}
        for row in rows:
            if row[kind] is not None and fold_of[row["passage_id"]] != "left_out":
                seen.setdefault(row[kind], set()).add(fold_of[row["passage_id"]])
        assert all(len(folds) == 1 for folds in seen.values()), (kind, seen)
    assert all(fold_of[key] == "test" for key in test)
    if extend:
        assert "left_out" not in fold_of.values()
        assert set(test) <= set(result.test_passages or test)
    elif test:
        assert result.test_passages is None


@pytest.mark.slow
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, shuffled=st.integers(0, 99), cut=st.integers(0, 5))
def test_shuffling_rows_changes_nothing(
    small_codebook: Codebook, rows: list[Row], shuffled: int, cut: int
) -> None:
    frozen = [row["passage_id"] for row in rows[:cut]]
    one = split(rows, small_codebook, frozen=frozen)
    two = split(rows, small_codebook, frozen=frozen, shuffled=shuffled)
    assert one.folds.equals(two.folds)
    assert one.test_passages == two.test_passages


def test_a_near_duplicate_planted_in_another_channel_lands_in_the_same_fold(
    small_codebook: Codebook,
) -> None:
    subjects = ["the old mill", "a museum of glass", "both northern harbours"]
    stories = [
        f"On Monday the delegation of the valley visited {subject}, spoke with those who work "
        f"there, planted {i + 2} lime trees by the road and left for the capital by train."
        for i, subject in enumerate(subjects)
    ]
    copies = [story.replace("lime trees", "young oaks").upper() for story in stories]
    others = [f"quite another matter {i}: {'words ' * i}of their own" for i in range(40)]
    every = [*stories, *copies, *others]
    rows = [
        passage(text, family=family, post=f"channel {i}")
        for i, (text, family) in enumerate(zip(every, families(every, similarity=0.4), strict=True))
    ]
    for seed in range(5):
        fold_of = folds_of(split(rows, small_codebook, seed=seed))
        for story, copy in zip(rows[:3], rows[3:6], strict=True):
            assert story["family"] == copy["family"]
            assert fold_of[story["passage_id"]] == fold_of[copy["passage_id"]]


def test_ties_are_transitive(small_codebook: Codebook) -> None:
    # one –post– two –family– three –group– four
    chain = [passage("one", post="p"), passage("two", post="p", family="f"),
             passage("three", family="f", group="g"), passage("four", group="g")]  # fmt: skip
    result = split([*chain, *many(30)], small_codebook)
    ids = [row["passage_id"] for row in chain]
    own = result.folds.filter(pl.col("passage_id").is_in(ids))
    assert own["component"].unique().to_list() == [min(ids)]
    assert own["fold"].n_unique() == 1


def test_shares_are_exact_if_components_are_small(small_codebook: Codebook) -> None:
    result = split(many(200), small_codebook, dev=0.15, test=0.25)
    assert dict(result.folds.group_by("fold").len().iter_rows()) == {
        "train": 120, "dev": 30, "test": 50
    }  # fmt: skip


def test_a_share_of_zero_gives_no_fold(small_codebook: Codebook) -> None:
    result = split(many(30), small_codebook, dev=0.0, test=0.0)
    assert set(folds_of(result).values()) == {"train"}
    assert result.test_passages is None


def test_rare_answers_and_languages_are_distributed_in_proportion(small_codebook: Codebook) -> None:
    # 10 of 100 carry the frame and 20 are Russian, none both: 7, 1.5, 1.5 and 14, 3, 3.
    rows = [
        passage(f"text {i}", rain="present" if i < 10 else "absent",
                language="ru" if 10 <= i < 30 else "en")
        for i in range(100)
    ]  # fmt: skip
    for seed in range(5):
        fold_of = folds_of(split(rows, small_codebook, seed=seed))
        positive = [fold_of[row["passage_id"]] for row in rows[:10]]
        russian = [fold_of[row["passage_id"]] for row in rows[10:30]]
        assert positive.count("train") in (7, 8)
        assert {positive.count("dev"), positive.count("test")} <= {1, 2}
        assert [russian.count(fold) for fold in ("train", "dev", "test")] == [14, 3, 3]


def test_folds_depend_only_on_the_seed(small_codebook: Codebook) -> None:
    rows = many(60)
    one, again, other = (split(rows, small_codebook, seed=seed) for seed in (1, 1, 2))
    assert one.folds.equals(again.folds)
    assert not one.folds.equals(other.folds)


def test_the_test_is_drawn_once_and_then_kept(small_codebook: Codebook) -> None:
    first = split(many(50), small_codebook)
    assert first.test_passages is not None
    later = split(many(90), small_codebook, frozen=first.test_passages, seed=99)
    assert later.test_passages is None
    tested = sorted(key for key, fold in folds_of(later).items() if fold == "test")
    assert tested == first.test_passages


def test_passages_tied_to_a_frozen_test_passage_are_left_out_of_training(
    small_codebook: Codebook,
) -> None:
    frozen = passage("frozen", post="p", family="f", group="g")
    newcomers = [passage("copy", family="f"), passage("neighbour", post="p"),
                 passage("contrast", group="g")]  # fmt: skip
    rows = [frozen, *newcomers, *many(20)]
    fold_of = folds_of(split(rows, small_codebook, frozen=[frozen["passage_id"]]))
    assert [fold_of[row["passage_id"]] for row in newcomers] == ["left_out"] * 3
    assert list(fold_of.values()).count("test") == 1
    extended = split(rows, small_codebook, frozen=[frozen["passage_id"]], extend=True, test=0.0)
    assert extended.test_passages == sorted(row["passage_id"] for row in rows[:4])


def test_extending_draws_until_the_share_is_reached(small_codebook: Codebook) -> None:
    rows = many(100)
    frozen = [row["passage_id"] for row in rows[:5]]
    result = split(rows, small_codebook, frozen=frozen, extend=True, test=0.2)
    assert result.test_passages is not None
    assert len(result.test_passages) == 20
    assert set(frozen) < set(result.test_passages)


def test_a_frozen_passage_that_lost_its_label_still_keeps_its_copies_out(
    small_codebook: Codebook,
) -> None:
    words = "the harbour master of the eastern port announced that the lighthouse will be repaired"
    frozen, copy = passage(f"Today {words} soon."), passage(f"Now {words} soon.")
    paragraphs, labels, texts = tables([frozen, copy, *many(20)])
    gone = pl.col("passage_id") == frozen["passage_id"]
    result = splits.split(
        splits.Material(paragraphs.filter(~gone), labels.filter(~gone), texts, small_codebook),
        splits.SplitSettings(0.15, 0.15, 0.7),
        frozenset([frozen["passage_id"], "0" * 16]),
        np.random.default_rng(1),
    )
    fold_of = folds_of(result)
    # It is only in labels/texts, so similarity is computed from the text there.
    assert fold_of[copy["passage_id"]] == "left_out"
    assert frozen["passage_id"] not in fold_of
    assert result.notes == ("1 passages of the frozen test have no text or labels here",)


def test_only_labelled_passages_with_a_paragraph_are_in_folds(small_codebook: Codebook) -> None:
    paragraphs, labels, texts = tables(many(10))
    result = splits.split(
        splits.Material(paragraphs.head(8), labels.tail(8), texts, small_codebook),
        splits.SplitSettings(0.2, 0.2, 0.7),
        frozenset(),
        np.random.default_rng(1),
    )
    expected = set(paragraphs["passage_id"][:8]) & set(labels["passage_id"][-8:])
    assert set(folds_of(result)) == expected
    assert len(expected) == 6


def test_labels_without_any_paragraph_are_refused(small_codebook: Codebook) -> None:
    with pytest.raises(InputError, match=r"no labelled passage is among the paragraphs"):
        split([], small_codebook)


def test_a_passage_in_two_posts_ties_them(small_codebook: Codebook) -> None:
    paragraphs, labels, texts = tables(many(30))
    twice = paragraphs.head(1).with_columns(post_id=pl.lit(paragraphs["passage_id"][1]))
    result = splits.split(
        splits.Material(pl.concat([paragraphs, twice]), labels, texts, small_codebook),
        splits.SplitSettings(0.2, 0.2, 0.7),
        frozenset(),
        np.random.default_rng(1),
    )
    own = result.folds.filter(pl.col("passage_id").is_in(paragraphs["passage_id"][:2].implode()))
    assert own["component"].n_unique() == 1


def test_ties_that_cross_folds_are_reported() -> None:
    folds = pl.DataFrame({"passage_id": ["a", "b", "c"], "fold": ["train", "test", "left_out"]})
    tied = pl.DataFrame(
        {"passage_id": ["a", "b", "b", "c"], "kind": ["family", "family", "post", "post"],
         "key": ["f1", "f1", "p1", "p1"]}
    )  # fmt: skip
    with pytest.raises(RuntimeError, match="1 ties cross folds, first family 'f1' in test, train: "
                                           "passages a, b"):  # fmt: skip
        verify(folds, tied)
    verify(folds, tied.filter(kind="post"))


def test_stratify_places_the_rarest_label_first() -> None:
    # Two components have the rare label and two folds need one each; the others fill the rest.
    counts = np.array([[1.0, 1], [1, 1], [0, 1], [0, 1]])
    desired = np.array([[1.0, 2, 2], [1, 2, 2]])
    for seed in range(10):
        fold = stratify(counts, np.ones(4), desired, np.random.default_rng(seed))
        assert sorted(fold[:2]) == [0, 1]
        assert sorted(fold[2:]) == [0, 1]


def test_components_without_labels_are_placed_by_size() -> None:
    fold = stratify(
        np.zeros((4, 1)), np.ones(4), np.array([[0.0, 3], [0, 1]]), np.random.default_rng(0)
    )
    assert sorted(fold) == [0, 0, 0, 1]


def test_frozen_passages_are_written_sorted_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "test_passages.txt"
    assert splits.read_frozen(path) == frozenset()
    splits.write_frozen(path, ["b" * 16, "a" * 16, "b" * 16])
    assert splits.read_frozen(path) == {"a" * 16, "b" * 16}
    lines = path.read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["a" * 16, "b" * 16]


def test_a_damaged_list_of_frozen_passages_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "test_passages.txt"
    path.write_text(f"# frozen\n{'a' * 16}  # a comment\n\nfamily-7\n")
    with pytest.raises(InputError, match=r"test_passages\.txt:4: 'family-7' is not a passage_id"):
        splits.read_frozen(path)


def spoken() -> list[Row]:
    """Forty passages of a harbour and ten of a lighthouse, one of them in a post of the harbour."""
    harbour = [passage(f"harbour {i}", voice="harbour", rain=RAIN[i % 2]) for i in range(40)]
    light = [passage(f"light {i}", voice="lighthouse", rain=RAIN[i % 2]) for i in range(9)]
    return [*harbour, *light, passage("light 9", voice="lighthouse", post="harbour 0")]


RAIN = ("present", "absent")


def test_dev_is_the_passages_of_the_held_out_voices_and_those_tied_to_them(
    small_codebook: Codebook,
) -> None:
    rows = spoken()
    result = split(rows, small_codebook, frozen=[rows[5]["passage_id"]], voices=["lighthouse"])
    dev = set(result.folds.filter(fold="dev")["passage_id"])
    assert dev == {row["passage_id"] for row in [rows[0], *rows[40:]]}
    assert set(result.folds["fold"].to_list()) == {"train", "dev", "test"}


def test_test_passages_of_a_held_out_voice_stay_in_the_test(small_codebook: Codebook) -> None:
    rows = spoken()
    result = split(rows, small_codebook, frozen=[rows[44]["passage_id"]], voices=["lighthouse"])
    assert result.folds.filter(fold="test")["passage_id"].to_list() == [rows[44]["passage_id"]]
    assert result.folds.filter(fold="dev").height == 10


def test_a_voice_without_passages_is_refused_with_the_voices_that_have_some(
    small_codebook: Codebook,
) -> None:
    with pytest.raises(
        InputError, match="of lighthose for dev; voices with most passages: harbour"
    ):
        split(spoken(), small_codebook, voices=["lighthose"])
