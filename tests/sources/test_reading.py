"""Which copy of a post counts, and that tables keep their schemas."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sources
from pipeline.sources.records import Post, posts_table
from pipeline.tables import Dropped, Posts


def at(minute: int | None) -> datetime | None:
    return None if minute is None else datetime(2026, 3, 1, 12, minute, tzinfo=UTC)


def table(*rows: tuple[str, int | None, str]) -> pl.DataFrame:
    posts = [
        Post(name, text, channel="lamp", edited=at(edit), source="table")
        for name, edit, text in rows
    ]
    return posts_table(posts, "f")


def test_the_latest_edit_wins_then_the_later_row() -> None:
    kept, superseded = sources.latest(
        table(
            ("a", 5, "edited late"),
            ("b", None, "first"),
            ("a", 3, "edited early"),
            ("b", None, "second"),
            ("a", None, "never edited"),
            ("c", None, "alone"),
        )
    )
    assert kept.select("post_id", "text").rows() == [
        ("a", "edited late"),
        ("b", "second"),
        ("c", "alone"),
    ]
    assert superseded["text"].to_list() == ["first", "edited early", "never edited"]
    assert set(superseded["reason"]) == {"superseded"}
    Posts.validate(kept)
    Dropped.validate(superseded)


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.none() | st.integers(0, 59), st.text("xyz", max_size=3)
        ),
        max_size=12,
    )
)
def test_every_post_is_kept_once_and_every_row_is_accounted_for(
    rows: list[tuple[str, int | None, str]],
) -> None:
    kept, superseded = sources.latest(table(*rows))
    assert sorted(kept["post_id"]) == sorted({name for name, _, _ in rows})
    assert sorted([*kept["text"], *superseded["text"]]) == sorted(text for _, _, text in rows)
    # A second implementation: walk the rows and keep the one that is edited as late or later.
    best: dict[str, tuple[int, str]] = {}
    for name, edit, text in rows:
        rank = -1 if edit is None else edit
        if name not in best or rank >= best[name][0]:
            best[name] = (rank, text)
    assert dict(kept.select("post_id", "text").rows()) == {n: t for n, (_, t) in best.items()}


def test_the_order_of_rows_does_not_matter_where_edits_differ() -> None:
    rows = [("a", minute, f"edit {minute}") for minute in range(10)]
    random.Random(1).shuffle(rows)
    assert sources.latest(table(*rows))[0]["text"].to_list() == ["edit 9"]


def test_overlapping_exports_give_a_post_once_with_its_latest_edit(tmp_path: Path) -> None:
    paths = []
    for name, edits in (("old", {}), ("new", {"edited_unixtime": "1772370000"})):
        message = {"id": 3, "type": "message", "text": f"{name} words", **edits}
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"name": "L", "id": 77, "messages": [message]}))
        paths.append(path)
    for order in (paths, paths[::-1]):
        posts, dropped = sources.read_all(order, {}, {})
        assert posts.select("post_id", "text").rows() == [("77/3", "new words")]
        assert dropped.select("reason", "text").rows() == [("superseded", "old words")]
        Posts.validate(posts)
        Dropped.validate(dropped)


def test_no_files_give_empty_tables() -> None:
    posts, dropped = sources.read_all([], {}, {})
    assert posts.is_empty()
    assert Posts.is_valid(posts)
    assert Dropped.is_valid(dropped)


def test_the_sample_export_is_read_whole() -> None:
    sample = Path(__file__).resolve().parents[2] / "examples/ChatExport_2026-11-24"
    messages = json.loads((sample / "result.json").read_text("utf-8"))["messages"]
    posts, dropped = sources.read_all(sources.expand([str(sample)]), {}, {})
    assert posts.height + dropped.height == len(messages)
    # Counted by hand in the file: 4 service messages, one picture, sticker, poll and unsupported.
    assert sorted(dropped["reason"]) == [
        "media_only", "poll", "service", "service", "service", "service", "sticker", "unsupported"
    ]  # fmt: skip
    Posts.validate(posts)
