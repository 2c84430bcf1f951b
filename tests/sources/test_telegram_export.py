"""Telegram Desktop's JSON: what becomes a post, what is refused and why."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import sources
from pipeline.errors import InputError

Export = Callable[..., Path]
Tables = tuple[pl.DataFrame, pl.DataFrame]


def message(number: int, text: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "message",
        "date": "2026-03-01T15:00:00",
        "date_unixtime": "1772366400",  # 2026-03-01 12:00 UTC
        "from": "Lighthouse Embassy",
        "from_id": "channel77",
        "text": text,
        **more,
    }


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    header = {"name": "Lighthouse Embassy", "type": "public_channel", "id": 77}
    return {**header, "messages": list(messages), **more}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Tables]:
    def reading(export: Any, aliases: dict[str, str] | None = None) -> Tables:
        path = tmp_path / "result.json"
        path.write_text(json.dumps(export, ensure_ascii=False), encoding="utf-8")
        return sources.read_all([path], {}, aliases or {})

    return reading


def test_a_message_becomes_a_post_with_utc_time_and_numeric_channel_id(
    read: Callable[..., Tables],
) -> None:
    edited = {"edited": "2026-03-01T16:00:00", "edited_unixtime": "1772370000"}
    posts, dropped = read(chat(message(5, "The lamp is lit.", **edited)))
    row = posts.row(0, named=True)
    assert row["post_id"] == "77/5"
    assert row["channel"] == "Lighthouse Embassy"
    assert row["published"] == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert row["edited"] == datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert (row["forwarded_from"], row["media"], row["url"]) == (None, None, None)
    assert dropped.is_empty()


def test_mixed_text_is_joined_and_links_keep_the_text_they_show(
    read: Callable[..., Tables],
) -> None:
    text = [
        "Read ",
        {"type": "bold", "text": "this"},
        ": ",
        {"type": "text_link", "text": "the note", "href": "https://lamp.example/n"},
        " or ",
        {"type": "link", "text": "https://lamp.example"},
        {"type": "custom_emoji", "text": "🔦", "document_id": "1"},
    ]
    posts, _ = read(chat(message(1, text)))
    assert posts["text"].item() == "Read this: the note or https://lamp.example🔦"


def test_an_alias_replaces_the_numeric_id_and_gives_the_post_an_address(
    read: Callable[..., Tables],
) -> None:
    posts, _ = read(chat(message(9, "The lamp is lit.")), {"77": "lamp_embassy"})
    row = posts.row(0, named=True)
    assert (row["post_id"], row["channel"]) == ("lamp_embassy/9", "lamp_embassy")
    assert row["url"] == "https://t.me/lamp_embassy/9"


def test_forwarding_from_a_deleted_source_is_still_forwarding(read: Callable[..., Tables]) -> None:
    posts, _ = read(
        chat(
            message(1, "Our own words."),
            message(2, "Their words.", forwarded_from="Harbour Gazette"),
            message(3, "Whose words?", forwarded_from=None),
        )
    )
    assert posts["forwarded_from"].to_list() == [None, "Harbour Gazette", "unknown"]


def test_captions_are_posts_and_bare_media_are_refused(read: Callable[..., Tables]) -> None:
    poll = {"question": "Which lamp?", "answers": []}
    posts, dropped = read(
        chat(
            message(1, "A caption.", photo="p.jpg"),
            message(2, "A caption.", file="v.mp4", media_type="video_file"),
            message(3, "", photo="p.jpg"),
            message(4, "", file="s.webp", media_type="sticker"),
            message(5, "", poll=poll),
            message(6, " \n"),
        )
    )
    assert posts.select("post_id", "media").rows() == [("77/1", "photo"), ("77/2", "video")]
    assert dropped.select("post_id", "reason", "text").rows() == [
        ("77/3", "media_only", ""),
        ("77/4", "sticker", ""),
        ("77/5", "poll", "Which lamp?"),
        ("77/6", "empty", ""),
    ]


def test_service_and_unsupported_messages_are_refused_by_name(read: Callable[..., Tables]) -> None:
    service = {"id": 1, "type": "service", "action": "create_channel", "title": "L", "text": ""}
    posts, dropped = read(chat(service, {"id": 2, "type": "unsupported"}))
    assert posts.is_empty()
    assert dropped.select("post_id", "reason", "text").rows() == [
        ("77/1", "service", "create_channel: L"),
        ("77/2", "unsupported", ""),
    ]


@pytest.mark.parametrize(
    "damaged",
    [1, None, "a string", [1, 2], {"id": 3, "text": 5}, {"id": 3, "text": ["a", None]}],
)
def test_a_damaged_message_is_a_dropped_row_and_the_rest_is_read(
    read: Callable[..., Tables], damaged: Any
) -> None:
    posts, dropped = read(chat(message(1, "Before."), damaged, message(4, "After.")))
    assert posts["post_id"].to_list() == ["77/1", "77/4"]
    assert dropped["reason"].to_list() == ["damaged"]


@pytest.mark.parametrize("stamp", ["0", "-5", "99999999999999999999", "soon", None, {"a": 1}])
def test_an_absurd_time_costs_the_time_and_not_the_post(
    read: Callable[..., Tables], stamp: Any
) -> None:
    posts, _ = read(chat(message(1, "Words.", date_unixtime=stamp, date="0000-99-99")))
    assert posts["published"].to_list() == [None]


def test_the_local_date_serves_where_an_old_export_has_no_unix_time(
    read: Callable[..., Tables],
) -> None:
    old = message(1, "Words.")
    del old["date_unixtime"]
    posts, _ = read(chat(old))
    assert posts["published"].to_list() == [datetime(2026, 3, 1, 15, tzinfo=UTC)]


def test_characters_that_no_table_can_hold_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    text = "a\\u0000b \\ud83d\\ude00 \\ud800"
    path.write_text(f'{{"name": "L", "id": 7, "messages": [{{"id": 1, "text": "{text}"}}]}}')
    posts, _ = sources.read_all([path], {}, {})
    written = posts["text"].item()
    assert written.startswith("a\ufffdb 😀 ")
    assert written.encode("utf-8")


def test_nesting_of_any_depth_is_skipped_in_reasonable_memory(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    deep = "[" * 50_000 + "]" * 50_000
    unread = f'{{"id": 1, "text": "Words.", "something": {deep}}}'
    broken = f'{{"id": 2, "text": {deep}}}'
    path.write_text(f'{{"name": "L", "id": 7, "messages": [{unread}, {broken}]}}')
    posts, dropped = sources.read_all([path], {}, {})
    assert posts["post_id"].to_list() == ["7/1"]
    assert dropped.select("post_id", "reason").rows() == [("7/2", "damaged")]


def test_a_whole_account_gives_its_channels_and_leaves_private_talks_unread(
    read: Callable[..., Tables],
) -> None:
    private = {**chat(message(1, "Secret.")), "name": "Ann", "type": "personal_chat"}
    left = {**chat(message(8, "Old words.")), "id": 9}
    account = {
        "about": "…",
        "contacts": {"list": [{"phone": "1"}]},
        "chats": {"about": "…", "list": [private, chat(message(5, "The lamp is lit."))]},
        "left_chats": {"list": [left]},
    }
    posts, dropped = read(account)
    assert posts["post_id"].to_list() == ["77/5", "9/8"]
    assert dropped.select("reason", "text").rows() == [("private_chat", "")]


def test_keys_in_another_order_still_give_the_channel_id(read: Callable[..., Tables]) -> None:
    posts, _ = read({"messages": [message(5, "The lamp is lit.")], "name": "L", "id": 77})
    assert posts["post_id"].to_list() == ["77/5"]


def test_a_message_without_a_number_gets_an_id_of_its_content(read: Callable[..., Tables]) -> None:
    nameless = [{"type": "message", "text": text} for text in ("One.", "Two.", "One.")]
    posts, dropped = read(chat(*nameless))
    assert posts["text"].to_list() == ["Two.", "One."]
    assert dropped["reason"].to_list() == ["superseded"]


def test_a_packed_export_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "download.bin"
    path.write_bytes(gzip.compress(json.dumps(chat(message(5, "The lamp is lit."))).encode()))
    assert sources.read_all([path], {}, {})[0]["post_id"].to_list() == ["77/5"]


def test_a_cut_off_export_says_so_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(chat(message(1, "Words."), message(2, "More words.")))[:-40])
    with pytest.raises(InputError, match=r"result\.json: the JSON is incomplete") as caught:
        sources.read_all([path], {}, {})
    assert "\n" not in str(caught.value)


def test_a_cut_off_packed_export_says_so_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "result.json.gz"
    many = chat(*[message(n, f"Words number {n * 7919}.") for n in range(4000)])
    packed = gzip.compress(json.dumps(many).encode())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match="gzip file is truncated or damaged"):
        sources.read_all([path], {}, {})


def test_another_json_object_is_refused_with_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{\n "colour": "red",\n "size": 3\n}')
    with pytest.raises(InputError, match=r"keys colour, size: neither a Telegram Desktop export"):
        sources.read_all([path], {}, {})


def test_a_long_export_comes_in_batches_of_some_thousands(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(chat(*[message(n, f"Post {n}.") for n in range(12_001)])))
    sizes = [batch.posts.height for batch in sources.read(path, {}, {})]
    assert sizes == [5000, 5000, 2001]


def test_a_rich_message_is_one_paragraph_a_block(read: Callable[..., Tables]) -> None:
    def plain(text: str) -> dict[str, Any]:
        return {"type": "plain", "text": text}

    bold = {"type": "concat", "text": [plain("We "), {"type": "bold", "text": plain("reject")}]}
    cells = [{"cells": [{"text": plain(a)}, {"text": plain(b)}]} for a, b in ("12", "34")]
    blocks = [
        {"type": "heading", "text": plain("A heading")},
        {"type": "paragraph", "text": bold},
        {"type": "list", "items": [{"text": plain("item")}, {"blocks": [{"text": plain("deep")}]}]},
        {"type": "quote", "text": plain("quoted"), "caption": {"type": "empty"}},
        {"type": "details", "title": plain("more"), "blocks": [{"text": plain("inside")}]},
        {"type": "table", "title": {"type": "empty"}, "rows": cells},
    ]
    rich = message(5, "")
    del rich["text"]
    posts, dropped = read(chat({**rich, "rich_message": {"blocks": blocks}}))
    assert posts["text"].item().split("\n\n") == [
        "A heading", "We reject", "item", "deep", "quoted", "more", "inside", "1 | 2\n3 | 4"
    ]  # fmt: skip
    assert dropped.is_empty()


def test_what_stands_beside_no_text_is_kept_in_dropped(read: Callable[..., Tables]) -> None:
    poll = {"question": "Who decides?", "answers": [{"text": "All"}]}
    posts, dropped = read(
        chat(
            message(1, "", poll=poll),
            message(2, "Words above a poll.", poll=poll),
            message(3, "", todo_list={"title": "Plan", "answers": [{"text": "Talk"}]}),
            message(4, "", giveaway_results={"winners": []}),
        )
    )
    assert posts.select("text", "media").rows() == [("Words above a poll.", "poll")]
    assert dropped.select("reason", "text").rows() == [
        ("poll", "Who decides?\nAll"), ("media_only", "Plan\nTalk"), ("media_only", "")
    ]  # fmt: skip


def test_messages_cut_out_of_an_export_are_as_in_it(
    read: Callable[..., Tables], tmp_path: Path
) -> None:
    mixed = message(5, ["The ", {"type": "bold", "text": "lamp"}, " is lit."])
    whole, _ = read(chat(mixed))
    cut, lines = tmp_path / "cut.json", tmp_path / "cut.jsonl"
    cut.write_text(json.dumps([mixed]))
    lines.write_text(json.dumps(mixed) + "\n")
    for path in (cut, lines):
        posts, _ = sources.read_all([path], {}, {})
        assert posts.drop("source_file").equals(whole.drop("source_file"))
