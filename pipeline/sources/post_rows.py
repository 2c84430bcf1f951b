"""A row of a table → a post, or a rejected record."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from pipeline.sources import rows
from pipeline.sources.cell_text import text_of
from pipeline.sources.channels import Channel, Names, names_in, telegram_link
from pipeline.sources.columns import Bound
from pipeline.sources.missing import is_missing
from pipeline.sources.moments import UNKNOWN, Clock, Moment
from pipeline.sources.numbers import id_of, is_number, message_number
from pipeline.sources.records import (
    TABLE,
    TELEGRAM,
    TITLED,
    Post,
    Record,
    Rejected,
    content_id,
)
from pipeline.sources.rich_text import rich_text

# Words for 'none' in columns of media and forwards.
_NOT = frozenset({"false", "0", "no media", "no", "-"})
_NOBODY = frozenset({"true", "1", "yes"})
_UNNAMED = frozenset({"unknown", "anonymous", "hidden"})


class _Identity(NamedTuple):
    post_id: str | None
    channel: Channel | None
    number: str | None
    source: str


def record_of(
    row: rows.Row, bound: Bound, aliases: Mapping[str, str], clocks: Mapping[str, Clock]
) -> Record:
    if isinstance(row, rows.Broken):
        return Rejected("damaged", row.text)
    opening, before = bound.given(row, "opening"), bound.given(row, "before")
    is_passage = opening is not None or before is not None
    who = _identity(row, bound, aliases, is_passage=is_passage)
    value = bound.of(row, "text")
    text = value if is_passage and isinstance(value, str) else _text(value)
    if text is None:
        return Rejected("damaged", _shown(value), who.post_id)
    media = word_of(bound.of(row, "media"))
    if not text.strip():
        return _without_text(row, bound, media, who.post_id)
    published = stamp_of(row, bound, "published", clocks)
    channel = who.channel
    shown = None if channel is None else channel.shown
    link = channel.link(who.number) if channel and who.number and who.source == TELEGRAM else None
    return Post(
        post_id=who.post_id or content_id(shown, published.at, text),
        text=text,
        channel=shown,
        published=published.at,
        published_year_only=published.year_only,
        edited=stamp_of(row, bound, "edited", clocks).at,
        media=None if media is None or media.casefold() in _NOT else media,
        forwarded_from=_forwarded_from(row, bound),
        url=_web_address(bound.of(row, "url")) or link,
        opening=opening,
        before=before,
        source=who.source,
    )


def stamp_of(
    row: Mapping[str, Any], bound: Bound, field: str, clocks: Mapping[str, Clock]
) -> Moment:
    """The first valid time among the field's columns."""
    read = (
        clocks[field].moment(_seconds(v)) for _, v in bound.values(row, field) if not is_missing(v)
    )
    return next((moment for moment in read if moment.at is not None), UNKNOWN)


def word_of(value: Any) -> str | None:
    """A scalar as text; None for nested and missing values."""
    if is_missing(value) or isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float | Decimal) else None


def _identity(
    row: Mapping[str, Any], bound: Bound, aliases: Mapping[str, str], *, is_passage: bool
) -> _Identity:
    """The post's id: from channel and number if the row has both, else its id column."""
    link = telegram_link(str(bound.of(row, "url") or ""))
    names = _channel_names(row, bound)
    if link is not None and names.number is None and names.username is None:
        names = names._replace(number=link.names.number, username=link.names.username)
    channel = Channel.of(names, aliases)
    number = message_number(bound.of(row, "message"))
    if number is None and link is not None:
        number = link.message
    source = bound.collector.source if bound.collector is not None else TABLE
    if number is not None and not is_passage:
        if bound.collector is None:
            source = TITLED if channel is not None and channel.is_titled else TELEGRAM
        given = id_of(bound.of(row, "message"))
        post_id = channel.post_id(number) if channel is not None else given or number
        return _Identity(post_id, channel, number, source)
    given = id_of(bound.of(row, "id"))
    if given is not None and is_number(given.strip()) and channel is not None and not is_passage:
        given = given.strip()
        return _Identity(channel.post_id(given), channel, given, source)
    return _Identity(given, channel, None, source)


def _channel_names(row: Mapping[str, Any], bound: Bound) -> Names:
    found = bound.first(row, "channel")
    title = word_of(bound.of(row, "title"))
    if found is None:
        return Names(title=title)
    path, value = found
    if isinstance(value, Mapping):
        value = next((v for k, v in value.items() if k.endswith("_id")), None)
    word = word_of(value)
    if word is None or word.strip().casefold() in _UNNAMED:
        return Names(title=title)
    names = names_in(word, is_username=path in bound.usernames)
    return names if title is None else names._replace(title=title)


def _text(value: Any) -> str | None:
    return None if isinstance(value, bool | int | float | Decimal) else text_of(value)


def _without_text(
    row: Mapping[str, Any], bound: Bound, media: str | None, post_id: str | None
) -> Rejected:
    """The rejection of a row without text, with the reason."""
    kinds = {row.get("_"), row.get("_type")} if _is_plain(row) else set()
    text = next((v for _, v in bound.values(row, "text") if isinstance(v, str) and v.strip()), "")
    if "MessageService" in kinds:
        return Rejected("service", text, post_id)
    if media is not None and "poll" in media.casefold():
        nested = row.get("media")
        poll = nested.get("poll") if isinstance(nested, Mapping) else row.get("poll")
        return Rejected(
            "poll", text or (rich_text(poll) if poll is not None else "") or "", post_id
        )
    has_media = media is not None and media.casefold() not in _NOT
    return Rejected("media_only" if has_media else "empty", text, post_id)


def _forwarded_from(row: Mapping[str, Any], bound: Bound) -> str | None:
    """The author of a forwarded post; ``unknown`` if the row does not name one."""
    for _, value in bound.values(row, "forwarded_from"):
        if isinstance(value, Mapping) and value:
            return "unknown"
        if value is True:
            return "unknown"
        word = word_of(value)
        if word is not None and word.casefold() not in _NOT:
            return "unknown" if word.casefold() in _NOBODY else id_of(word) or word
    return None


def _web_address(value: Any) -> str | None:
    is_web = isinstance(value, str) and value.startswith(("https://", "http://"))
    return value if is_web else None


def _seconds(value: Any) -> Any:
    """The value inside MongoDB's ``{"$date": …}``."""
    return value.get("$date", value) if isinstance(value, Mapping) else value


def _is_plain(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("_"), str | None) and isinstance(row.get("_type"), str | None)


def _shown(value: Any) -> str:
    try:
        return str(value)
    except RecursionError:
        return type(value).__name__
