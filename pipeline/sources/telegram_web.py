"""Pages of posts as HTML: saved from t.me/s, or Telegram Desktop's ``messages.html``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.sources import desktop_page
from pipeline.sources.html import class_of, inside, parse, plain_text
from pipeline.sources.moments import moment
from pipeline.sources.raw import Raw
from pipeline.sources.records import Channel, Post, Record, Refused

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_MESSAGE = ".tgme_widget_message[data-post]"
_POST = re.compile(r"([^/\s]+)/(\d+)")
# What a message shows beside its text → the word for it; the first that is there.
_MEDIA = (
    (".tgme_widget_message_poll", "poll"),
    (".tgme_widget_message_sticker_wrap, .js-sticker_image", "sticker"),
    (".tgme_widget_message_roundvideo_player", "video"),
    (".tgme_widget_message_video_player", "video"),
    (".tgme_widget_message_photo_wrap", "photo"),
    (".tgme_widget_message_voice_player", "voice"),
    (".tgme_widget_message_document_wrap", "file"),
    (".tgme_widget_message_location_wrap", "location"),
    (".message_media_not_supported_wrap", "unsupported"),
)


class TelegramWeb:
    """Posts of a page; service messages, polls, stickers and bare media are refused."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        page = parse(self.raw)
        messages = page.css(_MESSAGE)
        for message in messages:
            yield _record(message, aliases)
        if not messages:
            if not desktop_page.is_desktop_page(page):
                raise InputError(
                    f"{self.raw.path}: a web page without Telegram posts; save the page "
                    "https://t.me/s/CHANNEL as it shows in a browser"
                )
            yield from desktop_page.records(page, aliases)


def _record(message: LexborNode, aliases: Mapping[str, str]) -> Record:
    where = _POST.match(message.attributes.get("data-post") or "")
    if where is None:
        return Refused("damaged", plain_text(message))
    name, number = where.groups()
    channel = Channel.of([name], None, aliases)
    post_id = channel.post_id(number)
    text = _text(message)
    if "service_message" in class_of(message):
        return Refused("service", text, post_id)
    media = next((word for selector, word in _MEDIA if message.css_first(selector)), None)
    if media == "poll":
        question = message.css_first(".tgme_widget_message_poll_question")
        return Refused("poll", plain_text(question) if question else "", post_id)
    if not text.strip():
        reason = "sticker" if media == "sticker" else "media_only" if media else "empty"
        return Refused(reason, post_id=post_id)
    stamp = message.css_first(".tgme_widget_message_date time[datetime]")
    return Post(
        post_id=post_id,
        text=text,
        channel=channel.shown,
        published=moment(stamp.attributes.get("datetime")).at if stamp else None,
        media=media,
        forwarded_from=_forwarded_from(message),
        url=f"https://t.me/{name}/{number}",
    )


def _text(message: LexborNode) -> str:
    """The message's own text: not that of the post it replies to, nor of a link's preview."""
    for node in message.css(".tgme_widget_message_text"):
        if not inside(node, message, "tgme_widget_message_reply") and (
            "js-message_reply_text" not in class_of(node)
        ):
            return plain_text(node)
    return ""


def _forwarded_from(message: LexborNode) -> str | None:
    name = message.css_first(".tgme_widget_message_forwarded_from_name")
    if name is not None:
        return plain_text(name) or "unknown"
    line = message.css_first(".tgme_widget_message_forwarded_from")
    if line is None:
        return None
    return re.sub(r"^Forwarded from\s*", "", plain_text(line)).strip() or "unknown"
