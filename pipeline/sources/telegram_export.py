"""Telegram Desktop's ``result.json``: a single chat, or a whole account with chats.

The file is streamed, with one message in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.errors import InputError
from pipeline.sources import rows
from pipeline.sources.channels import Channel, Names
from pipeline.sources.export_media import MEDIA_KEYS, media_of, media_text
from pipeline.sources.json_events import build, events_of, naming_damage, skip
from pipeline.sources.moments import moment, unix
from pipeline.sources.raw import Raw
from pipeline.sources.records import TELEGRAM, TITLED, Post, Record, Rejected, content_id
from pipeline.sources.rich_text import flat_text, rich_text

# Keys of a message that are read; all others are skipped.
_KEYS = MEDIA_KEYS | {
    *("id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "from", "from_id"),
    *("forwarded_from", "text", "rich_message", "action", "title"),
}
# Chats of an account that are skipped for privacy; only channels and groups are read.
_PRIVATE = frozenset({"personal_chat", "bot_chat", "saved_messages", "replies", "verify_codes"})
_FORWARDED_FROM_NOWHERE = "unknown"


class TelegramExport:
    """Records of an export; service messages, stickers, and polls or media without text are
    rejected."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        with naming_damage(self.raw.path):
            try:
                yield from _Export(self.raw, aliases).records()
            except _NotAnExportError as error:
                raise InputError(f"{self.raw.path}: {error}") from error


class _NotAnExportError(Exception):
    """The file is JSON, but not an export."""


class _Export:
    """Walks through the levels of an export by JSON events."""

    def __init__(self, raw: Raw, aliases: Mapping[str, str]) -> None:
        self.events = events_of(raw)
        self.aliases = aliases
        self.found_messages = False

    def records(self) -> Iterator[Record]:
        next(self.events)  # the opening brace
        keys: list[str] = []
        yield from self._chat(keys, in_account=False)
        for _ in self.events:  # raises for trailing content
            pass
        if not self.found_messages:
            names = ", ".join(keys[:8]) or "nothing"
            raise _NotAnExportError(
                f"a JSON object with the keys {names}: neither a Telegram Desktop export (its "
                "messages are missing) nor JSON Lines"
            )

    def _chat(self, keys: list[str], *, in_account: bool) -> Iterator[Record]:
        """A chat, or the account with all chats; both are an object at this level."""
        header: dict[str, Any] = {}
        for event, key in self.events:
            if event == "end_map":
                return
            keys.append(key)
            kind, value = next(self.events)
            if key == "messages" and kind == "start_array":
                self.found_messages = True
                yield from self._messages(header, in_account=in_account)
            elif key in {"chats", "left_chats"} and kind == "start_map" and not in_account:
                yield from self._account()
            elif key in {"name", "type", "id"} and kind in {"string", "number"}:
                header[key] = value
            else:
                skip(kind, self.events)

    def _account(self) -> Iterator[Record]:
        for event, key in self.events:
            if event == "end_map":
                return
            kind, _ = next(self.events)
            if key == "list" and kind == "start_array":
                self.found_messages = True
                yield from self._chats()
            else:
                skip(kind, self.events)

    def _chats(self) -> Iterator[Record]:
        for event, _ in self.events:
            if event == "end_array":
                return
            if event == "start_map":
                yield from self._chat([], in_account=True)
            else:
                skip(event, self.events)

    def _messages(self, header: dict[str, Any], *, in_account: bool) -> Iterator[Record]:
        name = header.get("name") if isinstance(header.get("name"), str) else None
        number = header.get("id")
        names = Names(number=str(number) if isinstance(number, int) else None, title=name)
        channel = Channel.of(names, self.aliases) if names.number else None
        private = in_account and header.get("type") in _PRIVATE
        if private:
            yield Rejected("private_chat", post_id=content_id(names.number, name))
        for event, _ in self.events:
            if event == "end_array":
                return
            if event != "start_map":
                skip(event, self.events)
                yield Rejected("damaged")
                continue
            message = self._message()
            if not private:
                yield self._record(message, channel, names)

    def _record(self, message: dict[str, Any], channel: Channel | None, names: Names) -> Record:
        if channel is None:
            channel = _of_sender(message, self.aliases) or Channel.of(names, self.aliases)
        return record_of(message, channel, self.aliases)

    def _message(self) -> dict[str, Any]:
        message: dict[str, Any] = {}
        for event, key in self.events:
            if event == "end_map":
                break
            kind, value = next(self.events)
            if key in _KEYS or (key == "text_entities" and not message.get("text")):
                message[key] = build(kind, value, self.events)
            else:
                skip(kind, self.events)
        return message


def record_of(
    message: Mapping[str, Any], channel: Channel | None, aliases: Mapping[str, str]
) -> Record:
    """A message as a post, or as a rejected record."""
    channel = channel or _of_sender(message, aliases)
    number = _number(message.get("id"))
    post_id = None if number is None else _post_id(channel, number)
    kind = message.get("type", "message")
    if kind == "service":
        parts = [message.get("action"), message.get("title"), flat_text(message.get("text"))]
        shown = ": ".join(word for word in parts if isinstance(word, str) and word)
        return Rejected("service", shown, post_id)
    text = _text_of(message)
    if kind == "unsupported":
        return Rejected("unsupported", text or "", post_id)
    if text is None or not isinstance(kind, str):
        return Rejected("damaged", text or media_text(message), post_id)
    media = media_of(message)
    if not text.strip():
        is_reason = media in {"poll", "sticker"}
        reason = str(media) if is_reason else "media_only" if media else "empty"
        return Rejected(reason, media_text(message), post_id)
    published = unix(message.get("date_unixtime")) or moment(message.get("date")).at
    return Post(
        post_id=post_id or _post_id(channel, content_id(published, text)),
        text=text,
        channel=None if channel is None else channel.shown,
        published=published,
        edited=unix(message.get("edited_unixtime")) or moment(message.get("edited")).at,
        media=media,
        forwarded_from=_forwarded_from(message),
        url=None if number is None or channel is None else channel.link(number),
        source=TITLED if channel is not None and channel.is_titled else TELEGRAM,
    )


def _post_id(channel: Channel | None, number: int | str) -> str:
    return f"unknown/{number}" if channel is None else channel.post_id(number)


def _text_of(message: Mapping[str, Any]) -> str | None:
    """The text, from ``text``, else from its entities, with the blocks of a rich message."""
    text = flat_text(message.get("text", ""))
    if text is not None and not text.strip():
        text = flat_text(message.get("text_entities", "")) or text
    rich = message.get("rich_message")
    if rich is None:
        return text
    written = rich_text(rich)
    if written is None or not written.strip():
        return text if text is not None else written
    return written if not (text or "").strip() else f"{text}\n\n{written}"


def _of_sender(message: Mapping[str, Any], aliases: Mapping[str, str]) -> Channel | None:
    """The channel of the sender's id ``channel123``, for chats without an id; else None."""
    sender, title = message.get("from_id"), message.get("from")
    if not isinstance(sender, str) or not sender.startswith("channel"):
        return None
    number = sender.removeprefix("channel")
    name = title if isinstance(title, str) else None
    return Channel.of(Names(number=number, title=name), aliases) if number.isdigit() else None


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _forwarded_from(message: Mapping[str, Any]) -> str | None:
    if "forwarded_from" not in message:
        return None
    name = message["forwarded_from"]
    return name if isinstance(name, str) and name else _FORWARDED_FROM_NOWHERE


class DesktopRows:
    """Messages taken out of an export, as an array or JSON Lines; the sender is the channel."""

    def __init__(self, raw: Raw, found: Callable[[], Iterator[rows.Row]]) -> None:
        self.raw = raw
        self.found = found

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        for row in self.found():
            if isinstance(row, rows.Broken):
                yield Rejected("damaged", row.text)
            else:
                yield record_of(row, None, aliases)


def is_desktop_message(row: object) -> bool:
    """Whether a row is a message exported by Telegram Desktop."""
    return (
        isinstance(row, Mapping)
        and "id" in row
        and row.get("type") in {"message", "service", "unsupported"}
        and ("date_unixtime" in row or "text_entities" in row or "from_id" in row)
    )
