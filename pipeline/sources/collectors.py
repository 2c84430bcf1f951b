"""Known collectors' tables, and the mapping of their columns to fields of a post.

A collector is recognised by a set of columns that only it has. ``a|b`` means the first column that
has a value; columns that are missing in a file are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pipeline.sources.records import TELEGRAM

_APART = re.compile(r"[\s_.\-/]+")


@dataclass(frozen=True)
class Collector:
    """One collector's table.

    Attributes:
        shown: display name.
        signature: columns by which it is recognised.
        columns: field of a post → columns.
        source: family of sources, within which ids are unique.
        has_usernames: whether its channel column has usernames.
    """

    shown: str
    signature: tuple[str, ...]
    columns: Mapping[str, str]
    source: str = TELEGRAM
    has_usernames: bool = False


def folded(name: str) -> str:
    """A column name, case-folded and without blanks, underscores, dots, slashes and dashes."""
    return _APART.sub("", name.strip().casefold())


_FORWARDS = (
    "fwd_from.from_name|fwd_from.from_id.channel_id|fwd_from.from_id.user_id|"
    "fwd_from.from_id.chat_id|fwd_from.channel_id|fwd_from.post_author|fwd_from.from_id|fwd_from"
)
_TELETHON = {
    "message": "id",
    "channel": (
        "chat.username|_chat.username|peer_id.channel_id|peer_id.chat_id|peer_id|to_id.channel_id"
    ),
    "title": "chat.title|_chat.title",
    "text": "message|text|rich_message",
    "published": "date",
    "edited": "edit_date",
    "forwarded_from": _FORWARDS,
    "media": "media._|media._type|media",
}

COLLECTORS: dict[str, Collector] = {
    "fourcat_ndjson": Collector("4CAT (NDJSON)", ("_chat", "peer_id", "message", "id"), _TELETHON),
    "telethon": Collector("Telethon", ("peer_id", "message", "id", "date"), _TELETHON),
    "fourcat_csv": Collector(
        "4CAT (CSV)",
        ("thread_id", "body", "unix_timestamp", "author_forwarded_from_id"),
        {
            "message": "id",
            "channel": "chat|thread_id",
            "text": "body",
            "published": "unix_timestamp|timestamp",
            "edited": "unix_timestamp_edited|timestamp_edited",
            "forwarded_from": (
                "author_forwarded_from_username|author_forwarded_from_name|author_forwarded_from_id"
            ),
            "media": "attachment_type",
        },
        has_usernames=True,
    ),
    "pyrogram": Collector(
        "Pyrogram",
        ("_", "chat", "date", "id"),
        {
            "message": "id|message_id",
            "channel": "chat.username|chat.id|sender_chat.username|sender_chat.id",
            "title": "chat.title",
            "text": "text|caption|poll.question",
            "published": "date",
            "edited": "edit_date",
            "forwarded_from": (
                "forward_from_chat.username|forward_from_chat.title|forward_sender_name|"
                "forward_from.username|forward_from.first_name|forward_origin.chat.username|"
                "forward_origin.chat.title|forward_origin.sender_user_name|"
                "forward_origin.sender_user.first_name|forward_origin.type|forward_date"
            ),
            "url": "link",
            "media": "media",
        },
    ),
    "telegram_scraper": Collector(
        "telegram-scraper",
        ("message_id", "sender_id", "message", "media_path", "reply_to"),
        {
            "message": "message_id",
            "channel": "channel|channel_username|channel_id",
            "text": "message",
            "published": "date",
            "media": "media_type",
            "id": "",
        },
    ),
    "telecatch": Collector(
        "TeleCatch",
        ("channel_id", "username", "message", "timestamp"),
        {
            "message": "id",
            "channel": "username|channel_id",
            "text": "message|media_description",
            "published": "timestamp",
            "forwarded_from": ("fwd_from_author_username|fwd_from_author_name|fwd_from_author_id"),
            "media": "media_type",
            "url": "",
        },
        has_usernames=True,
    ),
    "tgstat": Collector(
        "TGStat",
        ("Текст", "Дата", "Ссылка", "Просмотры"),
        {
            "id": "ID|ID поста",
            "url": "Ссылка|Ссылка на пост|link",
            "channel": "Username|Username канала|Канал|Название канала|Источник",
            "text": "Текст|Текст поста|text",
            "published": "Дата|Дата публикации|date",
            "forwarded_from": "Репост из|Переслано из|forwarded_from",
            "media": "Медиа|Тип медиа|Тип поста",
        },
    ),
    "snscrape": Collector(
        "snscrape",
        ("url", "date", "rawContent"),
        {
            "id": "id",
            "channel": "user.username|username|user",
            "text": "rawContent|content|renderedContent",
            "published": "date",
            "url": "url",
            "forwarded_from": "retweetedTweet.user.username|retweetedTweet",
        },
        source="x",
    ),
    "x": Collector(
        "X",
        ("edit_history_tweet_ids", "text", "id"),
        {
            "id": "id|id_str|tweet_id",
            "channel": "author.username|user.screen_name|author_id",
            "text": "note_tweet.text|full_text|text",
            "published": "created_at",
            "url": "url",
            "forwarded_from": (
                "retweeted_status.user.screen_name|referenced_tweets.retweeted.author.username"
            ),
        },
        source="x",
    ),
    "x_archive": Collector(
        "X (archive)",
        ("tweet",),
        {
            "id": "tweet.id_str|tweet.id",
            "channel": "tweet.user.screen_name",
            "text": "tweet.full_text|tweet.text",
            "published": "tweet.created_at",
        },
        source="x",
    ),
    "x_api_v1": Collector(
        "X (API 1.1)",
        ("id_str", "created_at", "user", "favorite_count"),
        {
            "id": "id_str",
            "channel": "user.screen_name|user.id_str",
            "text": "retweeted_status.full_text|extended_tweet.full_text|full_text|text",
            "published": "created_at",
            "forwarded_from": "retweeted_status.user.screen_name",
        },
        source="x",
    ),
    "vk": Collector(
        "VK",
        ("owner_id", "date", "text", "id"),
        {
            "message": "id",
            "channel": "owner_id|from_id",
            "text": "text|copy_history.0.text",
            "published": "date",
            "edited": "edited",
            "forwarded_from": "copy_history.0.owner_id|copy_history.0.from_id",
            "url": "url|link",
            "media": "attachments.0.type",
        },
        source="vk",
    ),
    "crowdtangle": Collector(
        "CrowdTangle",
        ("Page Name", "Post Created", "Message"),
        {
            "id": "URL|Facebook Post Id|Platform Id",
            "channel": "Page Name|Group Name|User Name",
            "text": "Message|Image Text|Link Text|Description",
            "published": "Post Created|Post Created Date",
            "url": "URL",
            "media": "Type",
        },
        source="facebook",
    ),
    "meta_content_library": Collector(
        "Meta Content Library",
        ("creation_time", "text", "post_owner.name"),
        {
            "id": "id|mcl_url",
            "channel": "post_owner.username|post_owner.name|surface.name",
            "text": "text|link_attachment.caption",
            "published": "creation_time",
            "edited": "modified_time",
            "url": "url|mcl_url",
            "media": "content_type|media_type",
        },
        source="facebook",
    ),
    "brandwatch": Collector(
        "Brandwatch",
        ("Query Id", "Date", "Snippet", "Url"),
        {
            "id": "Mention Id|Resource Id|Url",
            "channel": "Author|Full Name|Domain",
            "text": "Full Text|Snippet|Title",
            "published": "Date",
            "url": "Url|Original Url",
            "media": "Content Source Name|Page Type",
        },
        source="brandwatch",
    ),
    "talkwalker": Collector(
        "Talkwalker",
        ("published", "content", "extra_author_attributes.short_name"),
        {
            "id": "url",
            "channel": "extra_author_attributes.short_name|extra_author_attributes.name|domain_url",
            "text": "content|content_snippet|title|title_snippet",
            "published": "published",
            "url": "url",
            "media": "post_type",
        },
        source="talkwalker",
    ),
    "mediacloud": Collector(
        "Media Cloud",
        ("title", "publish_date", "url", "media_name"),
        {
            "id": "id|stories_id|url",
            "channel": "media_name|media_url",
            "text": "text|story_text|title",
            "published": "publish_date",
            "url": "url",
        },
        source="mediacloud",
    ),
}


def collector_of(names: Collection[str]) -> Collector | None:
    """The first collector whose signature is among ``names``, or None."""
    there = {folded(str(name)) for name in names}
    # Pandas' json_normalize writes 'peer_id.channel_id' where a dump has 'peer_id'.
    there |= {folded(str(name).split(".")[0]) for name in names}
    for collector in COLLECTORS.values():
        if all(folded(name) in there for name in collector.signature):
            return collector
    return None
