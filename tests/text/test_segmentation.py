"""Posts → passages: where a post is split, what is dropped, and each passage's context."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sources.records import Post, legible, posts_table
from pipeline.tables import Dropped, Paragraphs
from pipeline.text.passage_id import BEFORE_LENGTH, OPENING_LENGTH, clean, passage_id
from pipeline.text.segmentation import segment

TITLE = "A note from the keeper of the lighthouse on the cape"
FIRST = "The lamp was lit at dusk and burned until the morning fog had gone."
SECOND = "Three ships passed the cape and each of them answered our signal."
THIRD = "The keeper thanks the crews and wishes them a fair wind to the south."


def cut(text: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    posts = posts_table([Post("p", text)], "file.json")
    return segment(posts, min_characters=25, item_characters=40)


def texts(text: str) -> list[str]:
    return cut(text)[0]["text"].to_list()


def reasons(text: str) -> list[tuple[str, str]]:
    return list(cut(text)[1].select("text", "reason").rows())


def test_blank_lines_separate_paragraphs_and_single_breaks_do_not() -> None:
    assert texts(f"{TITLE}\n \n{FIRST}\n{SECOND}\n\n\n{THIRD}") == [
        TITLE,
        f"{FIRST} {SECOND}",
        THIRD,
    ]


def test_a_text_without_blank_lines_is_split_at_line_ends() -> None:
    assert texts(f"{FIRST}\r\n{SECOND}\n{THIRD}") == [FIRST, SECOND, THIRD]


def test_a_blank_line_followed_only_by_tags_is_ignored() -> None:
    assert texts(f"{FIRST}\n{SECOND}\n\n#lamp #cape") == [FIRST, SECOND]


def test_short_lines_join_the_text_that_they_head_or_follow() -> None:
    assert texts(f"Night watch\n{FIRST}\n{SECOND}\nAll is well.\n{THIRD}") == [
        f"Night watch {FIRST}",
        f"{SECOND} All is well.",
        THIRD,
    ]


@pytest.mark.parametrize("marker", ["•", "—", "🔹", "1)", "2.", "а)", "❗️", "🇷🇺", "1️⃣"])
def test_long_items_are_paragraphs_and_short_ones_stay_with_their_list(marker: str) -> None:
    items = [f"{marker} {FIRST}", f"{marker} {SECOND}"]
    assert texts(f"{TITLE}\n{items[0]}\n{items[1]}\n\n{THIRD}") == [
        clean(text) for text in (TITLE, *items, THIRD)
    ]
    short = f"{TITLE}\n{marker} the lamp\n{marker} the bell\n\n{THIRD}"
    assert texts(short) == [clean(f"{TITLE} {marker} the lamp {marker} the bell"), THIRD]


def test_an_introduction_is_the_context_of_all_its_items() -> None:
    introduction = "In the last week of the month the keeper did the following:"
    kept, _ = cut(f"{TITLE}\n\n{introduction}\n• {FIRST}\n• {SECOND}\n\n{THIRD}")
    assert kept.select("text", "before").rows() == [
        (TITLE, ""),
        (introduction, ""),
        (f"• {FIRST}", introduction),
        (f"• {SECOND}", introduction),
        (THIRD, f"• {SECOND}"),
    ]


def test_a_short_introduction_is_context_but_not_a_passage() -> None:
    kept, dropped = cut(f"{TITLE}\n\nThe keeper did this:\n\n• {FIRST}\n\n• {SECOND}")
    assert kept.select("text", "before").rows() == [
        (TITLE, ""),
        (f"• {FIRST}", "The keeper did this:"),
        (f"• {SECOND}", "The keeper did this:"),
    ]
    assert dropped["reason"].to_list() == ["introduction"]


@pytest.mark.parametrize("title", ["Key points:", "Ключевые тезисы:", "👉 Key talking points :"])
def test_a_title_that_only_announces_a_list_is_not_context(title: str) -> None:
    kept, dropped = cut(f"{TITLE}\n\n{title}\n\n• {FIRST}\n\n• {SECOND}")
    assert kept["before"].to_list() == ["", "", f"• {FIRST}"]
    assert dropped["reason"].to_list() == ["introduction"]


def test_opening_and_before_follow_the_convention() -> None:
    long = "The light " + "turns and turns " * 40 + "on."
    kept, _ = cut(f"{long}\n\n{FIRST}\n\n{long}\n\n{THIRD}")
    assert kept["opening"].to_list() == ["", *[long[:OPENING_LENGTH]] * 3]
    assert kept["before"].to_list() == ["", "", FIRST, long[:BEFORE_LENGTH]]
    for row in kept.iter_rows(named=True):
        assert row["passage_id"] == passage_id(row["text"], row["opening"], row["before"])


def test_a_dropped_line_is_not_the_context_of_what_follows() -> None:
    kept, _ = cut(f"{FIRST}\n\n{SECOND}\n\nRead in full\n\n{THIRD}")
    assert kept["before"].to_list() == ["", "", SECOND]


def test_dropped_lines_have_their_reasons_and_count_as_positions() -> None:
    text = f"{FIRST}\n\n👉 Read in full\n***\nDear all,\n\nhttps://lamp.example\n#lamp @keeper"
    kept, dropped = cut(text)
    assert kept.select("paragraph_id", "position").rows() == [("p#0", 0)]
    assert dropped.select("position", "text", "reason").rows() == [
        (1, "👉 Read in full", "boilerplate"),
        (2, "***", "no_words"),
        (3, "Dear all,", "too_short"),
        (4, "https://lamp.example", "link_only"),
        (5, "#lamp @keeper", "hashtags"),
    ]
    assert set(dropped["source_file"]) == {"file.json"}


def test_a_pointer_at_the_end_of_a_block_leaves_the_block_whole() -> None:
    kept, dropped = cut(f"{TITLE}\n\n{FIRST}\n{SECOND}\nRead in full")
    assert kept["text"].to_list() == [TITLE, f"{FIRST} {SECOND}"]
    assert dropped["reason"].to_list() == ["boilerplate"]


def test_a_sentence_split_by_a_page_break_is_rejoined() -> None:
    torn = "The lamp was lit at dusk and burned until\n \nthe morning fog had gone from the bay."
    assert texts(f"{torn}\n\n{SECOND}") == [clean(torn), SECOND]


def test_a_post_of_white_space_is_a_dropped_row() -> None:
    assert reasons(" \n\t\n") == [("", "empty")]
    assert reasons("\u200b\n\ufeff") == [("", "empty")]


def test_rows_with_context_are_not_split() -> None:
    posts = posts_table(
        [
            Post("a", f"{FIRST}\n\n{SECOND}", opening="", before=""),
            Post("b", "Ok", opening=TITLE),
            Post("c", "#tag", before="x " * 400),
        ],
        "f",
    )
    kept, dropped = segment(posts, min_characters=25, item_characters=40)
    assert kept.select("post_id", "position", "start", "end", "text").rows() == [
        ("a", 0, 0, len(FIRST) + 2 + len(SECOND), f"{FIRST} {SECOND}"),
        ("b", 0, 0, 2, "Ok"),
        ("c", 0, 0, 4, "#tag"),
    ]
    assert kept["opening"].to_list() == ["", TITLE, ""]
    assert kept["passage_id"].to_list()[2] == passage_id("#tag", "", "x " * 400)
    assert dropped.is_empty()


def test_a_short_paragraph_takes_the_language_of_its_post() -> None:
    russian = "Смотритель маяка благодарит экипажи кораблей и желает им попутного ветра на юг."
    kept, _ = cut(f"{russian}\n\nМаяк на мысе, август года\n\n{russian}\n\n{FIRST}")
    assert kept["language"].to_list() == ["ru", "ru", "ru", "en"]


def test_no_posts_give_empty_tables() -> None:
    kept, dropped = segment(posts_table([], "f"), min_characters=25, item_characters=40)
    assert Paragraphs.is_valid(kept)
    assert Dropped.is_valid(dropped)


LINES = st.sampled_from(
    [TITLE, f"🔹 {FIRST}", "• short", "Key points:", "Read in full", "#lamp", "https://a.example",
     "goes on in lower case and on and on and on", "The end has no stop and goes", "Hm.", "", " ",
     "\u200b", "\ufeff\u00a0", "\t***"]
)  # fmt: skip
BREAKS = st.sampled_from(["\n", "\n\n", "\r\n", "\r", "\u2028", "\x0b", "\x85", " \n \n "])
ANY_POST = st.one_of(
    st.text(max_size=120),
    st.text(st.sampled_from("aB .:;-•🔹\n\r\u2028\u200b\ufe0f\u00a0\x1cЯ1)#@"), max_size=200),
    st.lists(st.tuples(LINES, BREAKS), max_size=12).map(
        lambda parts: "".join(line + end for line, end in parts)
    ),
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(ANY_POST)
def test_kept_and_dropped_reassemble_the_post(text: str) -> None:
    text = legible(text)
    kept, dropped = cut(text)
    Paragraphs.validate(kept)
    Dropped.validate(dropped)
    columns = ("start", "end", "text", "position")
    pieces = [*kept.select(columns).rows(), *dropped.select(columns).rows()]
    spans = sorted(piece for piece in pieces if piece[0] is not None)
    covered = 0
    for number, (start, end, piece, position) in enumerate(spans):
        assert position == number
        assert start >= covered
        assert text[covered:start].strip() == ""
        assert clean(text[start:end]) == piece
        covered = end
    assert text[covered:].strip() == ""
    assert spans or reasons(text) == [("", "empty")]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(ANY_POST, min_size=1, max_size=4))
def test_a_post_is_split_the_same_way_alone_and_among_others(posts: list[str]) -> None:
    together = posts_table([Post(f"p{i}", text) for i, text in enumerate(posts)], "f")
    kept, _ = segment(together, min_characters=25, item_characters=40)
    for number, text in enumerate(posts):
        alone = cut(text)[0].drop("post_id", "paragraph_id")
        among = kept.filter(pl.col("post_id") == f"p{number}").drop("post_id", "paragraph_id")
        assert among.equals(alone)
