"""Whose post it is: numbers, usernames and titles, and the aliases that join them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sources
from pipeline.sources.channels import Channel, Names, alias_table, names_in


@given(st.integers(10**6, 10**11))
def test_a_number_is_bare_however_it_is_written(number: int) -> None:
    spellings = (f"{number}", f"-100{number}", f"channel{number}", f"{number}.0")
    told = f"PeerChannel(channel_id={number})"
    assert {names_in(text) for text in (*spellings, told)} == {Names(number=str(number))}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@harbour", Names(username="harbour")),
        ("https://t.me/s/harbour", Names(username="harbour")),
        ("t.me/harbour/12?single", Names(username="harbour")),
        ("https://t.me/c/1777000111/5", Names(number="1777000111")),
        ("Harbour", Names(title="Harbour")),
        ("harbour_news", Names(title="harbour_news")),
        ("", Names()),
    ],
)
def test_a_username_is_one_where_the_source_says_so(text: str, names: Names) -> None:
    assert names_in(text) == names


def test_links_are_built_of_usernames_alone() -> None:
    for names in (Names(title="Harbour"), Names(number="77"), Names(number="77", title="Harbour")):
        channel = Channel.of(names, {})
        assert channel is not None
        assert channel.link(5) is None
    named = Channel.of(Names(username="harbour"), {})
    assert named is not None
    assert named.link(5) == "https://t.me/harbour/5"


@pytest.mark.parametrize(
    "name",
    ["-1001777000111", "1777000111", -1001777000111, "Embassy of the Lamp", "embassy OF the lamp"],
)
def test_an_alias_joins_by_number_or_title(tmp_path: Path, name: str) -> None:
    message = {"id": 3, "type": "message", "text": "The lamp is lit."}
    chat = {"name": "Embassy of the Lamp", "id": 1777000111, "messages": [message]}
    path = tmp_path / "result.json"
    path.write_text(json.dumps(chat))
    page = tmp_path / "page.html"
    page.write_text(
        '<div class="tgme_widget_message" data-post="lamp_mfa/3">'
        '<div class="tgme_widget_message_text">The lamp is lit.</div></div>'
    )
    posts, dropped = sources.read_all([path, page], {}, {name: "lamp_mfa"})
    assert posts.select("post_id", "url").rows() == [("lamp_mfa/3", "https://t.me/lamp_mfa/3")]
    assert dropped["reason"].to_list() == ["superseded"]


def test_aliases_are_compared_without_case_and_marks() -> None:
    table = alias_table({"@Harbour": "lamp", -1001777000111: "lamp"})  # type: ignore[dict-item]
    assert table == {"harbour": "lamp", "1777000111": "lamp"}
