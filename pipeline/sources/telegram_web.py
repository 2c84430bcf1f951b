"""HTML pages of posts: saved from t.me/s, or Telegram Desktop's ``messages.html``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.sources import desktop_page
from pipeline.sources.channels import Channel, Names
from pipeline.sources.html import attribute, class_of, parse, parse_text, plain_text, walk
from pipeline.sources.moments import moment
from pipeline.sources.raw import Raw
from pipeline.sources.records import TELEGRAM, Post, Record, Rejected

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_MESSAGE = ".tgme_widget_message[data-post]"
_POST = re.compile(r"(?:c/(\d+)|([^/\s]+))/(\d+)")
# Selector → name of the medium; the first match counts.
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


# Elements of a message with texts of other messages and pages.
_ELSEWHERE = frozenset(
    {"tgme_widget_message_reply", "js-message_reply_text", "tgme_widget_message_link_preview"}
)


class TelegramWeb:
    """Records of a page; service messages, stickers, and polls or media without text are
    rejected."""

    def __init__(self, raw: Raw, content: str | None = None) -> None:
        self.raw = raw
        self.content = content  # the HTML of a page inside another file

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        if self.content is None:
            page = parse(self.raw)
        else:
            page = parse_text(self.content, str(self.raw.path))
        messages = page.css(_MESSAGE)
        for message in messages:
            yield _record(message, aliases)
        if not messages:
            if not desktop_page.is_desktop_page(page):
                raise InputError(
                    f"{self.raw.path}: a web page without Telegram posts; open "
                    "https://t.me/s/CHANNEL in a browser and save that page"
                )
            yield from desktop_page.records(page, aliases)


def _record(message: LexborNode, aliases: Mapping[str, str]) -> Record:
    where = _POST.match(attribute(message, "data-post") or "")
    if where is None:
        return Rejected("damaged", plain_text(message))
    name, number = where[1] or where[2], where[3]
    names = Names(number=name) if where[1] else Names(username=name)
    channel = Channel.of(names, aliases) or Channel(name, name)
    post_id = channel.post_id(number)
    text = _text(message)
    if "service_message" in class_of(message):
        return Rejected("service", text, post_id)
    media = next((word for selector, word in _MEDIA if message.css_first(selector)), None)
    if not text.strip():
        is_reason = media in {"poll", "sticker"}
        reason = str(media) if is_reason else "media_only" if media else "empty"
        return Rejected(reason, _poll(message), post_id)
    stamp = message.css_first(".tgme_widget_message_date time[datetime]")
    return Post(
        post_id=post_id,
        text=text,
        channel=channel.shown,
        published=moment(attribute(stamp, "datetime")).at if stamp else None,
        media=media,
        forwarded_from=_forwarded_from(message),
        url=f"https://t.me/{name}/{number}" if where[2] else channel.link(number),
        source=TELEGRAM,
    )


def _poll(message: LexborNode) -> str:
    """The question and the answers of a poll."""
    nodes = message.css(".tgme_widget_message_poll_question, .tgme_widget_message_poll_option_text")
    return "\n".join(plain_text(node) for node in nodes)


def _text(message: LexborNode) -> str:
    """The message's own text, without replied-to posts and link previews."""
    if message.css_first(".tgme_widget_message_text") is None:
        return ""
    inside = 0  # number of open elements with foreign text
    for node, is_end in walk(message):
        if node.tag == "-text":
            continue
        classes = class_of(node)
        if classes & _ELSEWHERE:
            inside += -1 if is_end else 1
        elif not is_end and not inside and "tgme_widget_message_text" in classes:
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
