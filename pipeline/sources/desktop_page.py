"""Telegram Desktop's export as HTML: ``messages.html``, ``messages2.html`` …

The pages tell a channel's title and neither its number nor its username; the JSON export says more.
Older versions do not close the block of a message with buttons, so that the next messages stand
inside it: every part belongs to the message that is nearest around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.sources.channels import Channel, Names
from pipeline.sources.html import attribute, class_of, plain_text, walk
from pipeline.sources.moments import moment
from pipeline.sources.records import TELEGRAM, TITLED, Post, Record, Refused

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
    """The parts of one message, as they are met."""

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
    """Posts of the page; date lines between them are no messages and are passed over."""
    header = page.css_first(".page_header .text")
    title = plain_text(header) if header is not None else None
    channel = Channel.of(Names(title=title or None), aliases)
    source: str | None = None
    for message in _messages(page):
        if "service" in message.classes:
            if message.number is not None:
                told = " ".join(plain_text(node) for node in message.details)
                yield Refused("service", told, _post_id(channel, message.number))
            continue
        if not message.is_forwarded:
            source = None
        elif message.forwarded_from is not None:
            source = message.forwarded_from
        elif not ("joined" in message.classes and source):
            # A message joined to the one before repeats no name.
            source = "unknown"
        yield _record(message, channel, source)


def _messages(page: LexborHTMLParser) -> Iterator[_Message]:
    """Messages in the order of the page, in one walk over it."""
    history = page.css_first(".history")
    if history is None or history.parent is None:
        return
    found: list[_Message] = []
    around: list[tuple[int, _Message]] = []
    within: list[tuple[int, str]] = []  # elements of special meaning that are open
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
            _take(node, classes, around[-1][1], within)
    yield from found


def _take(
    node: LexborNode,
    classes: frozenset[str],
    message: _Message,
    within: list[tuple[int, str]],
) -> None:
    """Note what this element says of its message; ``within`` tells what stands around it."""
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
    beside = "\n".join(filter(None, message.media_texts))
    if message.number is None:
        return Refused("damaged", text or beside)
    post_id = _post_id(channel, message.number)
    if not text.strip():
        media = message.media
        is_told = media in {"poll", "sticker"}
        reason = str(media) if is_told else "media_only" if media else "empty"
        return Refused(reason, beside, post_id)
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
