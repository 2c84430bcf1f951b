"""Telegram Desktop's export as HTML: ``messages.html``, ``messages2.html`` …

The pages have a channel's title, but not its number and username, unlike the JSON export. Older
versions do not close the block of a message with buttons, so that later messages are nested in it;
each element therefore belongs to its innermost message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.sources.channels import Channel, Names
from pipeline.sources.html import attribute, class_of, plain_text, walk
from pipeline.sources.moments import moment
from pipeline.sources.records import TELEGRAM, TITLED, Post, Record, Rejected

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_NUMBER = re.compile(r"message(\d+)")
_MEDIA = {
    **dict.fromkeys(("photo_wrap", "media_photo"), "photo"),
    **dict.fromkeys(("sticker_wrap", "sticker"), "sticker"),
    **dict.fromkeys(("video_file_wrap", "media_video"), "video"),
    "media_voice_message": "voice",
    **dict.fromkeys(("media_location", "media_live_location", "media_venue"), "location"),
    "media_poll": "poll",
}


def is_desktop_page(page: LexborHTMLParser) -> bool:
    return page.css_first(".history .message") is not None


@dataclass
class _Message:
    """The parts of one message, collected during the walk."""

    classes: frozenset[str]
    number: str | None
    texts: list[LexborNode] = field(default_factory=list)
    details: list[LexborNode] = field(default_factory=list)
    stamp: str | None = None
    is_forwarded: bool = False
    forwarded_from: str | None = None
    media: str | None = None
    media_texts: list[str] = field(default_factory=list)


def records(page: LexborHTMLParser, aliases: Mapping[str, str]) -> Iterator[Record]:
    """Records of the page; date lines between messages are skipped."""
    header = page.css_first(".page_header .text")
    title = plain_text(header) if header is not None else None
    channel = Channel.of(Names(title=title or None), aliases)
    source: str | None = None
    for message in _messages(page):
        if "service" in message.classes:
            if message.number is not None:
                text = " ".join(plain_text(node) for node in message.details)
                yield Rejected("service", text, _post_id(channel, message.number))
            continue
        if not message.is_forwarded:
            source = None
        elif message.forwarded_from is not None:
            source = message.forwarded_from
        elif not ("joined" in message.classes and source):
            # A message joined to the previous one does not repeat the name.
            source = "unknown"
        yield _record(message, channel, source)


def _messages(page: LexborHTMLParser) -> Iterator[_Message]:
    """All messages in the order of the page, in one walk."""
    history = page.css_first(".history")
    if history is None or history.parent is None:
        return
    found: list[_Message] = []
    around: list[tuple[int, _Message]] = []
    within: list[tuple[int, str]] = []  # open elements with a special meaning
    for node, is_end in walk(history.parent):
        if node.tag == "-text":
            continue
        if is_end:
            if around and around[-1][0] == node.mem_id:
                around.pop()
            while within and within[-1][0] == node.mem_id:
                within.pop()
            continue
        classes = class_of(node)
        if not classes:
            continue
        if "message" in classes:
            number = _NUMBER.fullmatch(attribute(node, "id") or "")
            message = _Message(classes, number[1] if number else None)
            found.append(message)
            around.append((node.mem_id, message))
            within.append((node.mem_id, "message"))
        elif around:
            _collect(node, classes, around[-1][1], within)
    yield from found


def _collect(
    node: LexborNode,
    classes: frozenset[str],
    message: _Message,
    within: list[tuple[int, str]],
) -> None:
    """Add an element to its message; ``within`` are the special elements around it."""
    here = []
    for _, word in reversed(within):
        if word == "message":
            break
        here.append(word)
    for word in ("reply_to", "media_wrap", "bot_buttons_table", "text", "reactions"):
        if word in classes:
            within.append((node.mem_id, word))
    if "forwarded" in classes and "body" in classes:
        message.is_forwarded = True
        within.append((node.mem_id, "forwarded"))
    media = next((_MEDIA[name] for name in classes if name in _MEDIA), None)
    if "media_wrap" in here or "media_wrap" in classes:
        if media is not None and message.media in {None, "file"}:
            message.media = media
        elif message.media is None:
            message.media = "file"
        if classes & {"question", "answer", "title", "description"}:
            message.media_texts.append(plain_text(node))
    elif "reply_to" in here or "text" in here or "bot_buttons_table" in here:
        return
    elif "text" in classes:
        message.texts.append(node)
    elif "from_name" in classes and "forwarded" in here and message.forwarded_from is None:
        message.forwarded_from = _name(node)
    elif "date" in classes and "details" in classes and "forwarded" not in here:
        message.stamp = message.stamp or attribute(node, "title")
    elif "details" in classes and "body" in classes:
        message.details.append(node)


def _name(node: LexborNode) -> str:
    date = node.css_first(".date")
    whole, dated = plain_text(node), plain_text(date) if date is not None else ""
    return whole.removesuffix(dated).strip() or "unknown"


def _record(message: _Message, channel: Channel | None, source: str | None) -> Record:
    text = "\n\n".join(filter(None, (plain_text(node) for node in message.texts)))
    media_text = "\n".join(filter(None, message.media_texts))
    if message.number is None:
        return Rejected("damaged", text or media_text)
    post_id = _post_id(channel, message.number)
    if not text.strip():
        media = message.media
        is_reason = media in {"poll", "sticker"}
        reason = str(media) if is_reason else "media_only" if media else "empty"
        return Rejected(reason, media_text, post_id)
    family = TELEGRAM if channel is not None and not channel.is_titled else TITLED
    return Post(
        post_id=post_id,
        text=text,
        channel=None if channel is None else channel.shown,
        published=moment(message.stamp).at,
        media=message.media,
        forwarded_from=source,
        url=None if channel is None else channel.link(message.number),
        source=family,
    )


def _post_id(channel: Channel | None, number: str) -> str:
    return f"unknown/{number}" if channel is None else channel.post_id(number)
