from __future__ import annotations

import polars as pl

from pipeline.annotation import diversity


def texts(*written: str, language: str = "en") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "passage_id": [f"{i:016x}" for i in range(len(written))],
            "text": list(written),
            "language": [language] * len(written),
        },
        schema=dict.fromkeys(("passage_id", "text", "language"), pl.String),
    )


def number(found: dict[str, pl.DataFrame], what: str) -> int:
    return int(found["overview"].filter(what=what)["number"].item())


def test_near_duplicates_are_counted_and_shown() -> None:
    words = "the harbour will be closed on Friday for repairs of the eastern pier and its lights"
    found = diversity.tables(
        texts(words, words.upper() + "!", "something else entirely"), similarity=0.7
    )
    assert number(found, "families") == 2
    assert number(found, "passages with a near-duplicate") == 2
    assert found["families"].row(0)[:2] == ("0" * 16, 2)


def test_a_phrase_is_reported_when_more_than_ten_passages_share_it() -> None:
    phrase = "one two three four five six seven eight"
    eleven = [f"{'abcdefghijk'[i]} {phrase} {'lmnopqrstuv'[i]}" for i in range(11)]
    found = diversity.tables(texts(*eleven, "short"), similarity=0.99)
    assert found["phrases"].rows() == [(phrase, 11)]
    assert number(found, "passages with a shared phrase") == 11
    assert diversity.tables(texts(*eleven[:10]), similarity=0.99)["phrases"].is_empty()


def test_a_phrase_twice_in_one_passage_counts_once() -> None:
    phrase = "one two three four five six seven eight"
    found = diversity.tables(texts(*[f"{phrase}. {phrase}"] * 6), similarity=0.99)
    assert found["phrases"].is_empty()


def test_like_openings_are_counted_whatever_their_case_and_marks() -> None:
    found = diversity.tables(
        texts("On Monday, we met.", "ON MONDAY we left", "On Tuesday we came"), similarity=0.9
    )
    assert found["openings"].rows() == [("on monday we", 2)]
    assert number(found, "passages that open like another") == 2


def test_lengths_are_in_characters() -> None:
    found = diversity.tables(texts(*("я" * n for n in range(1, 12))), similarity=0.9)
    (row,) = found["lengths"].rows(named=True)
    assert (row["min"], row["median"], row["max"]) == (1, 6, 11)


def test_no_texts_are_no_error() -> None:
    found = diversity.tables(texts(), similarity=0.7)
    assert number(found, "passages") == 0
    assert "## Languages\n\nnone" in diversity.render(found)
