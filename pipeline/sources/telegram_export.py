"""Telegram Desktop's ``result.json``: one chat, or a whole account with chats inside.

The file is streamed: of a 1 GB export one message is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from pipeline.errors import InputError
from pipeline.sources.json_events import build, events_of, naming_damage, skip
from pipeline.sources.moments import moment, unix
from pipeline.sources.raw import Raw
from pipeline.sources.records import Channel, Post, Record, Refused, content_id

# Keys of a message that are built; all others are skipped unread.
_KEYS = frozenset(
    {"id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "from_id"}
    | {"forwarded_from", "text", "action", "title", "photo", "file", "media_type", "poll"}
    | {"location_information", "contact_information", "invoice_information"}
    | {"giveaway_information", "game_title", "paid_stars_amount", "todo_list"}
)
# Of a whole account only channels and groups are read; people's own talks are none of our business.
_PRIVATE = frozenset({"personal_chat", "bot_chat", "saved_messages", "replies", "verify_codes"})
_FORWARDED_FROM_NOWHERE = "unknown"


class TelegramExport:
    """Posts of every message; service messages, polls, stickers and bare media are refused."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        with self.raw.utf8() as file, naming_damage(self.raw.path):
            try:
                yield from _Export(file, aliases).records()
            except _NotAnExportError as error:
                raise InputError(f"{self.raw.path}: {error}") from error


class _NotAnExportError(Exception):
    """Valid JSON of another kind."""


class _Export:
    """Walks the events of a JSON parser through the few levels an export has."""

    def __init__(self, file: BinaryIO, aliases: Mapping[str, str]) -> None:
        self.events = events_of(file)
        self.aliases = aliases
        self.found_messages = False

    def records(self) -> Iterator[Record]:
        next(self.events)  # the opening brace, which the recogniser saw
        keys: list[str] = []
        yield from self._chat(keys, in_account=False)
        for _ in self.events:  # raises for anything after the end
            pass
        if not self.found_messages:
            names = ", ".join(keys[:8]) or "nothing"
            raise _NotAnExportError(
                f"a JSON object with the keys {names}: neither a Telegram Desktop export (its "
                "messages are missing) nor one JSON object a line"
            )

    def _chat(self, keys: list[str], *, in_account: bool) -> Iterator[Record]:
        """A chat, or the account around all chats: both are an object at this level."""
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
        names = [str(number) if isinstance(number, int) else None, name]
        channel = Channel.of(names, name, self.aliases)
        private = in_account and header.get("type") in _PRIVATE
        if private:
            yield Refused("private_chat", post_id=content_id(*names))
        for event, _ in self.events:
            if event == "end_array":
                return
            if event != "start_map":
                skip(event, self.events)
                yield Refused("damaged")
                continue
            message = self._message()
            if not private:
                yield _record(message, channel, self.aliases)

    def _message(self) -> dict[str, Any]:
        message: dict[str, Any] = {}
        for event, key in self.events:
            if event == "end_map":
                break
            kind, value = next(self.events)
            if key in _KEYS or (key == "text_entities" and message.get("text") is None):
                message[key] = build(kind, value, self.events)
            else:
                skip(kind, self.events)
        return message


def _record(message: dict[str, Any], channel: Channel, aliases: Mapping[str, str]) -> Record:
    channel = _of_sender(message, channel, aliases)
    number = _number(message.get("id"))
    post_id = None if number is None else channel.post_id(number)
    kind = message.get("type", "message")
    if kind == "service":
        told = [message.get("action"), message.get("title")]
        return Refused("service", ": ".join(x for x in told if isinstance(x, str)), post_id)
    if kind == "unsupported":
        return Refused("unsupported", post_id=post_id)
    text = flat_text(message.get("text", message.get("text_entities", "")))
    if text is None or not isinstance(kind, str):
        return Refused("damaged", text or "", post_id)
    media = _media(message)
    if media in {"poll", "sticker"} or not text.strip():
        return Refused(*_without_text(message, media), post_id)
    published = unix(message.get("date_unixtime")) or moment(message.get("date")).at
    return Post(
        post_id=post_id or channel.post_id(content_id(published, text)),
        text=text,
        channel=channel.shown,
        published=published,
        edited=unix(message.get("edited_unixtime")) or moment(message.get("edited")).at,
        media=media,
        forwarded_from=_forwarded_from(message),
        url=None if number is None else channel.link(number),
    )


def flat_text(text: Any) -> str | None:
    """The plain text of Telegram's mixed lists; links keep the text they are shown with.

    None for what is no text at all.
    """
    if isinstance(text, str):
        return text
    if isinstance(text, dict):
        text = [text]
    if not isinstance(text, list):
        return None
    parts: list[str] = []
    for part in text:
        piece = part.get("text") if isinstance(part, dict) else part
        if not isinstance(piece, str):
            return None
        parts.append(piece)
    return "".join(parts)


def _of_sender(message: dict[str, Any], channel: Channel, aliases: Mapping[str, str]) -> Channel:
    """Where the chat told no id before its messages, the sender's ``channel123`` gives it."""
    if channel.key != "unknown":
        return channel
    sender = message.get("from_id")
    number = sender.removeprefix("channel") if isinstance(sender, str) else ""
    return Channel.of([number], None, aliases) if number.isdigit() else channel


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _media(message: dict[str, Any]) -> str | None:
    if isinstance(message.get("media_type"), str):
        return str(message["media_type"]).removesuffix("_file").removesuffix("_message")
    for key in ("poll", "photo", "file"):
        if key in message:
            return key
    for key in message:
        if key.endswith("_information"):
            return key.removesuffix("_information")
    return next((k for k in ("game_title", "todo_list", "paid_stars_amount") if k in message), None)


def _without_text(message: dict[str, Any], media: str | None) -> tuple[str, str]:
    """Why there is no post, and the text that still tells what it was."""
    if media == "poll":
        poll = message.get("poll")
        question = poll.get("question") if isinstance(poll, dict) else None
        return "poll", flat_text(question) or ""
    if media == "sticker":
        return "sticker", ""
    return ("empty", "") if media is None else ("media_only", "")


def _forwarded_from(message: dict[str, Any]) -> str | None:
    if "forwarded_from" not in message:
        return None
    name = message["forwarded_from"]
    return name if isinstance(name, str) and name else _FORWARDED_FROM_NOWHERE
