"""A channel's page copied as plain text."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline import sources
from pipeline.errors import InputError

NBSP = "\u00a0"
HEADER = """Lighthouse Embassy / Посольство Маяка
1.2K subscribers
310 photos
12 videos
News of the lighthouse.
Download Telegram
"""


def read(tmp_path: Path, text: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    path = tmp_path / "page.txt"
    path.write_text(text, encoding="utf-8")
    return sources.read_all([path], {}, {})


def test_header_forwarding_marks_and_placeholders_stay_out_of_the_posts(tmp_path: Path) -> None:
    posts, dropped = read(
        tmp_path,
        f"{HEADER}Forwarded from{NBSP}Harbour Gazette\nThe lamp is lit.\n\nRead in full\n"
        f"Forwarded from{NBSP} Lamp Office 💡\nMedia is too big\nVIEW IN TELEGRAM\nA film.\n",
    )
    assert posts.select("channel", "forwarded_from", "text", "media").rows() == [
        ("Lighthouse Embassy / Посольство Маяка", "Harbour Gazette",
         "The lamp is lit.\n\nRead in full", None),
        ("Lighthouse Embassy / Посольство Маяка", "Lamp Office 💡", "A film.", "video"),
    ]  # fmt: skip
    assert dropped.select("reason", "text").rows() == [
        ("page_header", HEADER.strip()),
        ("placeholder", "Media is too big\nVIEW IN TELEGRAM"),
    ]


def test_the_channels_name_and_footers_part_posts_that_were_not_forwarded(tmp_path: Path) -> None:
    name = "Lighthouse Embassy / Посольство Маяка"
    posts, _ = read(
        tmp_path,
        f"{HEADER}{name}\nThe first post.\n3.6K views14:30\n"
        f"{name}\nThe second post.\n512 views edited 15:08\n",
    )
    assert posts["text"].to_list() == ["The first post.", "The second post."]
    assert posts["forwarded_from"].to_list() == [None, None]


def test_ids_are_of_the_content_and_a_post_copied_twice_counts_once(tmp_path: Path) -> None:
    post = f"Forwarded from{NBSP}Harbour Gazette\nThe lamp is lit.\n"
    posts, dropped = read(tmp_path, HEADER + post + post)
    assert posts.height == 1
    assert dropped["reason"].to_list() == ["page_header", "superseded"]


def test_a_copy_without_header_begins_with_its_first_post(tmp_path: Path) -> None:
    posts, dropped = read(
        tmp_path, f"An own post.\nForwarded from{NBSP}Harbour Gazette\nThe lamp is lit.\n"
    )
    assert posts["text"].to_list() == ["An own post.", "The lamp is lit."]
    assert posts["channel"].to_list() == [None, None]
    assert dropped.is_empty()


def test_a_media_post_without_text_is_refused(tmp_path: Path) -> None:
    posts, dropped = read(
        tmp_path, f"{HEADER}Forwarded from{NBSP}Harbour Gazette\nMedia is too big\n"
    )
    assert posts.is_empty()
    assert dropped["reason"].to_list() == ["page_header", "media_only"]


def test_plain_text_without_marks_of_a_channel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="plain text, but neither like a channel page"):
        read(tmp_path, "Dear keeper,\nplease light the lamp tonight.\n")
