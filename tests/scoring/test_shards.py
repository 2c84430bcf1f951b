from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import tables
from pipeline.codebook import Codebook
from pipeline.models.base import Mask, Matrix
from pipeline.scoring.shards import Scorer, bits_for, shard_name, shard_numbers
from pipeline.text.passage_id import clean, passage_id


@dataclass
class FakeEngine:
    """Reads probabilities off the text: outputs orbit, tide, then the moon's three stances."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)
    forgot: int = 0

    @property
    def name(self) -> str:
        return "fake"

    def clear_cache(self) -> None:
        self.forgot += 1

    def probabilities(self, passages: pl.DataFrame) -> Matrix:
        self.asked += passages.select("text", "opening", "before").rows()
        texts = passages["text"].to_list()
        rows = [
            [
                0.9 if "orbit" in text else 0.2,
                0.8 if "tide" in text else 0.1,
                0.7 if "blamed" in text else 0.3,
                0.4,
                0.6 if "praised" in text else 0.1,
            ]
            for text in texts
        ]
        return np.array(rows, np.float32).reshape(len(texts), 5)

    def is_truncated(self, passages: pl.DataFrame) -> Mask:
        return passages["text"].str.len_chars().to_numpy() > 60


@pytest.fixture
def scorer(codebook: Codebook) -> Scorer:
    return Scorer(
        engine=FakeEngine(),
        codebook=codebook,
        thresholds=np.full(5, 0.5),
        model_version="abc",
        languages=frozenset({"en"}),
        mark_evidence=True,
    )


def paragraphs(*texts: str, before: str = "", language: str = "en") -> pl.DataFrame:
    rows = [
        {
            "paragraph_id": f"c/{i}#0",
            "passage_id": passage_id(text, "", before),
            "post_id": f"c/{i}",
            "position": 0,
            "start": 0,
            "end": len(text),
            "text": text,
            "opening": "",
            "before": before,
            "language": language,
            "family": None,
            "channel": "c",
            "published": None,
            "forwarded_from": None,
            "url": None,
            "source_file": "f.jsonl",
        }
        for i, text in enumerate(texts)
    ]
    schema = dict(tables.Paragraphs.create_empty().schema)
    posts = tables.Posts.create_empty().schema
    schema |= {
        n: posts[n] for n in ("channel", "published", "forwarded_from", "url", "source_file")
    }
    return pl.DataFrame(rows, schema=schema)


def test_a_paragraph_becomes_a_row_with_decisions_probabilities_and_evidence(
    scorer: Scorer, codebook: Codebook
) -> None:
    scores, _ = scorer.score(paragraphs("Fair day. The orbit holds. The moon is blamed."))
    row = scores.row(0, named=True)
    assert (
        scores.columns == tables.scores(codebook.frame_codes, codebook.target_codes).column_names()
    )
    assert (row["orbit"], row["tide"]) == (True, False)
    assert (row["orbit_p"], row["tide_p"]) == pytest.approx((0.9, 0.1))
    assert (row["evidence_orbit"], row["evidence_tide"]) == ("The orbit holds.", None)
    assert (row["evidence_orbit_start"], row["evidence_orbit_end"]) == (10, 26)
    assert (row["stance_moon"], row["stance_moon_p"]) == ("against", pytest.approx(0.7))
    assert (row["language_supported"], row["model_version"]) == (True, "abc")
    assert row["codebook_version"] == "0.3"


def test_an_absent_stance_shows_the_largest_of_the_three(scorer: Scorer) -> None:
    scores, _ = scorer.score(paragraphs("Nothing is said of it."))
    # against 0.3, neutral 0.4, favour 0.1: none reaches 0.5.
    assert scores["stance_moon"].to_list() == ["absent"]
    assert scores["stance_moon_p"].to_list() == pytest.approx([0.4])


def test_the_probability_shown_is_that_of_the_stance_shown(scorer: Scorer) -> None:
    # against 0.7 and favour 0.6 both reach 0.5; raise the bar of "against" and favour is shown.
    text = "The moon is blamed and praised."
    scores, _ = replace(scorer, thresholds=np.array([0.5, 0.5, 0.75, 0.5, 0.5])).score(
        paragraphs(text)
    )
    assert scores["stance_moon"].to_list() == ["favour"]
    assert scores["stance_moon_p"].to_list() == pytest.approx([0.6])


def test_a_passage_that_stands_in_several_posts_is_read_once(scorer: Scorer) -> None:
    scores, cut = scorer.score(paragraphs(*["The same words, and nothing more."] * 5))
    assert isinstance(scorer.engine, FakeEngine)
    assert len(scorer.engine.asked) == 1
    assert scores.height == len(cut) == 5
    assert scores["paragraph_id"].n_unique() == 5


def test_sentences_are_read_with_the_context_of_their_passage(scorer: Scorer) -> None:
    scorer.score(paragraphs("An orbit. A day.", "No frame. None.", before="They came."))
    assert isinstance(scorer.engine, FakeEngine)
    # The second passage has no present frame: its sentences are not read.
    assert sorted(scorer.engine.asked[2:]) == [
        ("A day.", "", "They came."),
        ("An orbit.", "", "They came."),
    ]


def test_without_evidence_no_sentence_is_read(scorer: Scorer) -> None:
    scores, _ = replace(scorer, mark_evidence=False).score(paragraphs("An orbit. A day."))
    assert isinstance(scorer.engine, FakeEngine)
    assert len(scorer.engine.asked) == 1
    assert scores["orbit"].to_list() == [True]
    assert scores["evidence_orbit"].to_list() == [None]


def test_two_spellings_of_one_passage_have_offsets_of_their_own(scorer: Scorer) -> None:
    composed, taken_apart = "Caf\u00e9 day. The orbit.", "Cafe\u0301 day. The orbit."
    rows = paragraphs(composed, taken_apart)
    assert rows["passage_id"].n_unique() == 1
    scores, _ = scorer.score(rows)
    assert sorted(scores["evidence_orbit_start"]) == [10, 11]


def test_long_paragraphs_are_reported_by_the_engine_per_row(scorer: Scorer) -> None:
    _, cut = scorer.score(paragraphs("x" * 61, "x" * 61, "short enough"))
    assert int(cut.sum()) == 2


def test_a_language_outside_the_training_is_marked(scorer: Scorer) -> None:
    scores, _ = scorer.score(paragraphs("Ein Satz.", language="de"))
    assert scores["language_supported"].to_list() == [False]


def test_no_paragraphs_give_an_empty_table_of_the_same_columns(scorer: Scorer) -> None:
    empty, cut = scorer.score(paragraphs())
    some, _ = scorer.score(paragraphs("Some words."))
    assert empty.schema == some.schema
    assert len(empty) == len(cut) == 0


def test_the_order_of_the_rows_handed_over_does_not_matter(scorer: Scorer) -> None:
    rows = paragraphs("An orbit. A day.", "A tide. A night.", "Nothing.", "Nothing.")
    assert scorer.score(rows)[0].equals(scorer.score(rows.reverse())[0])


@pytest.mark.slow
@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
@given(
    parts=st.lists(
        st.one_of(
            st.text(max_size=30), st.sampled_from(["the orbit. ", "A tide! ", "🔹", "т.е. "])
        ),
        max_size=6,
    )
)
def test_every_present_frame_has_evidence_that_its_offsets_say(
    scorer: Scorer, parts: list[str]
) -> None:
    scores, _ = scorer.score(paragraphs(clean("".join(parts))))
    for row in scores.iter_rows(named=True):
        for frame in ("orbit", "tide"):
            start, end = row[f"evidence_{frame}_start"], row[f"evidence_{frame}_end"]
            if row[frame]:
                assert row["text"][start:end] == row[f"evidence_{frame}"]
            else:
                assert (row[f"evidence_{frame}"], start, end) == (None, None, None)


def test_shards_hold_about_as_many_as_wanted() -> None:
    # 0 and 5000 fit one shard of 5000; 5001 need two; 3 million need 600, so 1024.
    assert [bits_for(n, 5000) for n in (0, 5000, 5001, 20_000, 3_000_000)] == [0, 0, 1, 2, 10]
    assert bits_for(10**9, 1) == 16


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1), st.integers(0, 16))
def test_a_shard_is_named_by_the_leading_bits_of_the_id(ids: list[int], bits: int) -> None:
    numbers = shard_numbers(pl.Series([f"{i:016x}" for i in ids]), bits)
    assert numbers.tolist() == [int(f"{i:064b}"[:bits] or "0", 2) for i in ids]


def test_names_of_shards_sort_like_their_numbers() -> None:
    assert shard_name(0, 0) == "0"
    assert shard_name(11, 4) == "b"
    assert [shard_name(n, 5) for n in (0, 9, 31)] == ["00", "09", "1f"]
