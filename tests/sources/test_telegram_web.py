"""Pages of posts as HTML, from t.me/s and from Telegram Desktop."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline import sources
from pipeline.errors import InputError


def block(number: int, inner: str, kind: str = "") -> str:
    return f"""
    <div class="tgme_widget_message_wrap"><div data-post="lamp_embassy/{number}"
      class="tgme_widget_message text_not_supported_wrap {kind} js-widget_message">
      <div class="tgme_widget_message_author"><span>Lighthouse Embassy</span></div>
      {inner}
      <div class="tgme_widget_message_footer"><span class="tgme_widget_message_views">3K</span>
        <a class="tgme_widget_message_date" href="https://t.me/lamp_embassy/{number}">
        <time datetime="2026-03-01T14:30:04+02:00" class="time">14:30</time></a></div>
    </div></div>"""


def words(text: str) -> str:
    return f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>'


def read(tmp_path: Path, html: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    path = tmp_path / "saved page"
    path.write_text(html, encoding="utf-8")
    return sources.read_all([path], {}, {})


def page(*blocks: str) -> str:
    return f"<!DOCTYPE html><html><body><main>{''.join(blocks)}</main></body></html>"


def test_a_block_becomes_a_post_with_id_time_and_address(tmp_path: Path) -> None:
    posts, dropped = read(tmp_path, page(block(12, words("The lamp is lit."))))
    row = posts.row(0, named=True)
    assert row["post_id"] == "lamp_embassy/12"
    assert row["channel"] == "lamp_embassy"
    assert row["published"] == datetime(2026, 3, 1, 12, 30, 4, tzinfo=UTC)
    assert row["url"] == "https://t.me/lamp_embassy/12"
    assert row["text"] == "The lamp is lit."
    assert dropped.is_empty()


def test_breaks_are_lines_and_picture_emoji_keep_their_character(tmp_path: Path) -> None:
    emoji = "<tg-emoji emoji-id=\"1\"><i class='emoji' style='x'><b>🔔</b></i></tg-emoji>"
    text = f"{emoji} <b>The   lamp</b>\n is lit&nbsp;<br/>&nbsp;<br/>See <a href='x'>here</a>"
    posts, _ = read(tmp_path, page(block(1, words(text))))
    assert posts["text"].item() == "🔔 The lamp is lit\u00a0\n\u00a0\nSee here"


def test_a_reply_and_a_link_preview_do_not_mix_into_the_text(tmp_path: Path) -> None:
    reply = (
        '<a class="tgme_widget_message_reply" href="https://t.me/lamp_embassy/3">'
        '<div class="tgme_widget_message_text js-message_reply_text">An older post</div></a>'
    )
    preview = '<a class="tgme_widget_message_link_preview"><div>Preview title</div></a>'
    posts, _ = read(tmp_path, page(block(4, reply + words("An answer.") + preview)))
    assert posts["text"].to_list() == ["An answer."]


def test_the_forwarded_name_is_kept_with_or_without_a_link(tmp_path: Path) -> None:
    head = '<div class="tgme_widget_message_forwarded_from">Forwarded from&nbsp;'
    linked = '<a class="tgme_widget_message_forwarded_from_name"><span>Harbour Gazette</span></a>'
    posts, _ = read(
        tmp_path,
        page(
            block(1, f"{head}{linked}</div>{words('One.')}"),
            block(2, f"{head}A hidden user</div>{words('Two.')}"),
            block(3, words("Three.")),
        ),
    )
    assert posts["forwarded_from"].to_list() == ["Harbour Gazette", "A hidden user", None]


def test_what_has_no_text_of_its_own_is_refused_by_name(tmp_path: Path) -> None:
    poll = (
        '<div class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">'
        "Which lamp?</div></div>"
    )
    sticker = '<div class="tgme_widget_message_sticker_wrap"></div>'
    photo = '<a class="tgme_widget_message_photo_wrap"></a>'
    posts, dropped = read(
        tmp_path,
        page(
            block(1, words("Channel created"), kind="service_message"),
            block(2, poll),
            block(3, sticker),
            block(4, photo),
            block(5, photo + words("A caption.")),
        ),
    )
    assert posts.select("text", "media").rows() == [("A caption.", "photo")]
    assert dropped.select("reason", "text").rows() == [
        ("service", "Channel created"),
        ("poll", "Which lamp?"),
        ("sticker", ""),
        ("media_only", ""),
    ]


def test_a_page_without_posts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a web page without Telegram posts"):
        read(tmp_path, "<html><body><p>Hello.</p></body></html>")


@pytest.mark.parametrize("tag", ["div", "ARTICLE class='x'", "ul"])
def test_a_page_that_only_nests_is_refused_before_it_is_parsed(tmp_path: Path, tag: str) -> None:
    with pytest.raises(InputError, match="nested too deeply"):
        read(tmp_path, page(block(1, f"<{tag}>" * 200_000)))


def test_a_page_whose_formatting_multiplies_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    unclosed = "".join(f"<b id={number}>" for number in range(1100))
    with pytest.raises(InputError, match="nested too deeply"):
        read(tmp_path, page(block(1, f"<div>{unclosed}</div>" + "<p>x" * 1100)))


def test_tags_that_close_nothing_do_not_pay_for_those_that_open(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nested too deeply"):
        read(tmp_path, page("</div>" * 5000, block(1, "<div></ul>" * 5000)))


def test_deep_inline_elements_are_read_without_recursion(tmp_path: Path) -> None:
    posts, _ = read(tmp_path, page(block(1, words("<span>" * 20_000 + "The lamp is lit."))))
    assert posts["text"].to_list() == ["The lamp is lit."]


def test_formatting_that_one_post_leaves_open_does_no_harm(tmp_path: Path) -> None:
    blocks = [block(number, words("<b>The lamp <i>is lit.")) for number in range(1, 101)]
    assert read(tmp_path, page(*blocks))[0].height == 100


DESKTOP = """<!DOCTYPE html><html><body><div class="page_wrap">
<div class="page_header"><div class="content"><div class="text bold">
 Lighthouse Embassy </div></div></div>
<div class="page_body chat_page"><div class="history">
 <div class="message service" id="message-1"><div class="body details">1 March 2026</div></div>
 <div class="message service" id="message1"><div class="body details">Channel created</div></div>
 <div class="message default clearfix" id="message2"><div class="body">
  <div class="pull_right date details" title="01.03.2026 14:30:04 UTC+02:00">14:30</div>
  <div class="from_name">Lighthouse Embassy</div>
  <div class="text">The lamp<br>is <strong>lit</strong>.</div></div></div>
 <div class="message default clearfix" id="message3"><div class="body">
  <div class="pull_right date details" title="01.03.2026 15:00:00 UTC+02:00">15:00</div>
  <div class="from_name">Lighthouse Embassy</div>
  <div class="forwarded body"><div class="from_name">Harbour Gazette
   <span class="date details" title="28.02.2026 10:00:00 UTC+02:00"> 28.02.2026 10:00:00</span>
  </div><div class="media_wrap clearfix"><a class="photo_wrap" href="p.jpg"></a></div>
  <div class="text">A forwarded caption.</div></div></div></div>
 <div class="message default clearfix joined" id="message4"><div class="body">
  <div class="pull_right date details" title="01.03.2026 15:01:00 UTC+02:00">15:01</div>
  <div class="media_wrap clearfix"><a class="photo_wrap" href="p.jpg"></a></div></div></div>
</div></div></div></body></html>"""


def test_the_html_export_of_telegram_desktop_is_read_too(tmp_path: Path) -> None:
    posts, dropped = read(tmp_path, DESKTOP)
    assert posts.select("post_id", "text", "media", "forwarded_from").rows() == [
        ("Lighthouse Embassy/2", "The lamp\nis lit.", None, None),
        ("Lighthouse Embassy/3", "A forwarded caption.", "photo", "Harbour Gazette"),
    ]
    assert posts["published"].to_list()[0] == datetime(2026, 3, 1, 12, 30, 4, tzinfo=UTC)
    assert dropped.select("post_id", "reason").rows() == [
        ("Lighthouse Embassy/1", "service"),
        ("Lighthouse Embassy/4", "media_only"),
    ]


def desktop(*messages: str, title: str = "Lamp") -> str:
    history = "".join(messages)
    return (
        f'<div class="page_header"><div class="text bold">{title}</div></div>'
        f'<div class="history">{history}</div>'
    )


def desktop_message(number: int, inner: str, *, is_closed: bool = True) -> str:
    end = "</div></div>" if is_closed else ""
    return (
        f'<div class="message default clearfix" id="message{number}"><div class="body">{inner}{end}'
    )


def test_messages_inside_an_unclosed_one_keep_their_own_parts(tmp_path: Path) -> None:
    photo = '<div class="media_wrap"><a class="photo_wrap"></a></div>'
    forward = (
        '<div class="forwarded body"><div class="from_name">Harbour</div>'
        '<div class="text">Two.</div></div>'
    )
    path = tmp_path / "messages.html"
    path.write_text(
        desktop(
            desktop_message(1, photo, is_closed=False),
            desktop_message(2, forward, is_closed=False),
            desktop_message(3, '<div class="text">Three.</div>'),
        )
    )
    posts, dropped = sources.read_all([path], {}, {})
    assert posts.select("post_id", "text", "forwarded_from", "media", "url").rows() == [
        ("Lamp/2", "Two.", "Harbour", None, None),
        ("Lamp/3", "Three.", None, None, None),
    ]
    assert dropped.select("post_id", "reason").rows() == [("Lamp/1", "media_only")]


def test_headings_cells_and_paragraphs_of_a_rich_page_stand_apart(tmp_path: Path) -> None:
    rich = (
        '<div class="text rich_message"><h1>Head</h1><p>One <b>two</b>.</p><ul><li>a</li><li>b</li>'
        "</ul><table><tr><th>Year</th><th>Talks</th></tr><tr><td>2025</td><td>14</td></tr></table>"
        "<details><summary>More</summary><p>Inside.</p></details><footer>Press</footer></div>"
    )
    path = tmp_path / "messages.html"
    path.write_text(desktop(desktop_message(1, rich)))
    assert sources.read_all([path], {}, {})[0]["text"].item().split("\n\n") == [
        "Head", "One two.", "a", "b", "Year | Talks\n2025 | 14", "More", "Inside.", "Press"
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        desktop("<b>x</b>" * 1_600_000),
        desktop("<a " + " ".join(f"a{n}" for n in range(20_000)) + ">x</a>"),
        desktop('<a b="><" ' + " ".join(f"a{n}" for n in range(20_000)) + ">x</a>"),
    ],
)
def test_a_page_that_costs_more_than_a_page_may_is_refused(tmp_path: Path, page: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(page)
    with pytest.raises(InputError, match="for a page of posts"):
        sources.read_all([path], {}, {})
