"""What shares an id is one post only where its source says so."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sources
from pipeline.sources.records import Post, posts_table


def test_two_files_without_a_channel_keep_all_their_posts(tmp_path: Path) -> None:
    for name in "ab":
        rows = "".join(f"{n},Words {n} of {name}.\n" for n in (1, 2))
        (tmp_path / name).write_text("id,text\n" + rows)
    posts, dropped = sources.read_all([tmp_path / "a", tmp_path / "b"], {}, {})
    assert posts.height == 4
    assert posts["post_id"].to_list()[:2] == ["1", "2"]
    assert all(key.startswith(("1~", "2~")) for key in posts["post_id"].to_list()[2:])
    assert dropped.is_empty()
    again, lost = sources.read_all([tmp_path / "a", tmp_path / "a"], {}, {})
    assert (again.height, lost.height) == (2, 2)


def test_a_table_of_another_family_does_not_replace_a_telegram_post() -> None:
    rows = [
        Post("lamp/5", "A post.", channel="lamp", source="telegram"),
        Post("lamp/5", "The fifth row of a table.", channel="lamp", source="table"),
        Post("lamp/5", "A post, edited.", channel="Embassy of the Lamp", source="telegram"),
    ]
    kept, superseded = sources.latest(posts_table(rows, "f"))
    assert sorted(kept["text"]) == ["A post, edited.", "The fifth row of a table."]
    assert superseded["text"].to_list() == ["A post."]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from([None, "x", "y"]),
            st.sampled_from(["telegram", "table"]), st.sampled_from("pqr"),
        ),
        max_size=10,
    )
)  # fmt: skip
def test_two_texts_of_unknown_channels_are_never_one_post(
    rows: list[tuple[str, str | None, str, str]],
) -> None:
    table = posts_table([Post(i, t, channel=c, source=s) for i, c, s, t in rows], "f")
    kept, superseded = sources.latest(table)
    assert kept["post_id"].n_unique() == kept.height
    assert kept.height + superseded.height == len(rows)
    unknown = table.filter(pl.col("channel").is_null())
    assert set(unknown["text"]) <= set(kept["text"])


def test_an_id_of_channel_and_number_names_its_channel() -> None:
    rows = [Post("lamp/5", text, source="table") for text in ("Old words.", "New words.")]
    kept, superseded = sources.latest(posts_table(rows, "f"))
    assert (kept["text"].to_list(), superseded["text"].to_list()) == (
        ["New words."],
        ["Old words."],
    )
