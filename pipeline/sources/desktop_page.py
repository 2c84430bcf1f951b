"""Telegram Desktop's export as HTML: ``messages.html``, ``messages2.html`` …

The pages hold no channel id, so post ids are made of the channel's name. The JSON export says more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.sources.html import class_of, inside, plain_text
from pipeline.sources.moments import moment
from pipeline.sources.records import Channel, Post, Record, Refused

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_MESSAGE = ".history .message"
_NUMBER = re.compile(r"message(\d+)")
_ELSEWHERE = ("reply_to", "media_wrap", "media_poll")


def is_desktop_page(page: LexborHTMLParser) -> bool:
    return page.css_first(_MESSAGE) is not None


def records(page: LexborHTMLParser, aliases: Mapping[str, str]) -> Iterator[Record]:
    """Posts of the page; date lines between them are no messages and are passed over."""
    header = page.css_first(".page_header .text")
    name = plain_text(header) if header is not None else None
    channel = Channel.of([name], name, aliases)
    source: str | None = None
    for message in page.css(_MESSAGE):
        number = _NUMBER.fullmatch(message.attributes.get("id") or "")
        if "service" in class_of(message):
            if number is not None:
                yield Refused("service", plain_text(message), channel.post_id(number[1]))
            continue
        source = _forwarded_from(message, before=source)
        yield _record(message, channel, number[1] if number else None, source)


def _record(
    message: LexborNode, channel: Channel, number: str | None, source: str | None
) -> Record:
    text = next(
        (
            plain_text(node)
            for node in message.css(".body .text")
            if not any(inside(node, message, name) for name in _ELSEWHERE)
        ),
        "",
    )
    if number is None:
        return Refused("damaged", text)
    post_id = channel.post_id(number)
    media = _media(message)
    if media in {"poll", "sticker"} or not text.strip():
        return Refused(
            media if media in {"poll", "sticker"} else "media_only" if media else "empty",
            text,
            post_id,
        )
    stamp = message.css_first(".body .date.details[title]")
    return Post(
        post_id=post_id,
        text=text,
        channel=channel.shown,
        published=moment(stamp.attributes.get("title")).at if stamp is not None else None,
        media=media,
        forwarded_from=source,
        url=channel.link(number),
    )


def _forwarded_from(message: LexborNode, before: str | None) -> str | None:
    """Who wrote a forwarded message; a message joined to the one before repeats no name."""
    body = message.css_first(".forwarded.body")
    if body is None:
        return None
    name = body.css_first(".from_name")
    if name is None:
        return before if "joined" in class_of(message) and before else "unknown"
    date = name.css_first(".date")
    whole, dated = plain_text(name), plain_text(date) if date is not None else ""
    return whole.removesuffix(dated).strip() or "unknown"


def _media(message: LexborNode) -> str | None:
    wrap = message.css_first(".media_wrap")
    if wrap is None:
        return None
    if wrap.css_first(".media_poll") is not None:
        return "poll"
    for selector, word in (
        (".photo_wrap, .media_photo", "photo"),
        (".sticker_wrap, .sticker", "sticker"),
        (".video_file_wrap, .media_video", "video"),
        (".media_voice_message", "voice"),
        (".media_location, .media_live_location, .media_venue", "location"),
    ):
        if wrap.css_first(selector) is not None:
            return word
    return "file"
