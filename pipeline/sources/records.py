"""What a reader yields, one record at a time, and how records become the tables of a batch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import polars as pl

from pipeline.tables import Dropped, Posts

BATCH_POSTS = 5000
# What a dropped row keeps of a text: enough to see what it was.
DROPPED_CHARACTERS = 2000

# Lone surrogates cannot be stored as UTF-8; control characters cannot be shown, and break XML.
_UNFIT = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")


class Post(NamedTuple):
    """A post as a reader found it; the fields are those of :class:`pipeline.tables.Posts`."""

    post_id: str
    text: str
    channel: str | None = None
    published: datetime | None = None
    published_year_only: bool = False
    edited: datetime | None = None
    media: str | None = None
    forwarded_from: str | None = None
    url: str | None = None
    opening: str | None = None
    before: str | None = None


class Refused(NamedTuple):
    """Something that is not a post, and why."""

    reason: str
    text: str = ""
    post_id: str | None = None


Record = Post | Refused


@dataclass(frozen=True)
class Batch:
    """Some thousands of posts ([tables.Posts], no post_id twice) and what was dropped beside them
    ([tables.Dropped])."""

    posts: pl.DataFrame
    dropped: pl.DataFrame


def batches(records: Iterable[Record], source_file: str) -> Iterator[Batch]:
    """Records in tables of at most ``BATCH_POSTS`` rows each; none for no records."""
    posts: list[Post] = []
    refused: list[Refused] = []
    for record in records:
        if isinstance(record, Post):
            posts.append(record)
        else:
            refused.append(record)
        if len(posts) == BATCH_POSTS or len(refused) == BATCH_POSTS:
            yield Batch(posts_table(posts, source_file), refused_table(refused, source_file))
            posts, refused = [], []
    if posts or refused:
        yield Batch(posts_table(posts, source_file), refused_table(refused, source_file))


def posts_table(posts: list[Post], source_file: str) -> pl.DataFrame:
    columns: dict[str, list[object]] = {name: [] for name in Posts.column_names()}
    for name in Post._fields:
        columns[name] = [_fit(getattr(post, name)) for post in posts]
    columns["source_file"] = [legible(source_file)] * len(posts)
    return pl.DataFrame(columns, schema=Posts.create_empty().schema, strict=True)


def refused_table(refused: list[Refused], source_file: str) -> pl.DataFrame:
    empty: list[object] = [None] * len(refused)
    return pl.DataFrame(
        {
            "post_id": [_fit(row.post_id) for row in refused],
            "position": empty,
            "start": empty,
            "end": empty,
            "text": [legible(row.text[:DROPPED_CHARACTERS]) for row in refused],
            "reason": [row.reason for row in refused],
            "source_file": [legible(source_file)] * len(refused),
        },
        schema=Dropped.create_empty().schema,
    )


def _fit(value: object) -> object:
    return legible(value) if isinstance(value, str) else value


def legible(text: str) -> str:
    """The text with U+FFFD for each character that no table or page can carry."""
    return _UNFIT.sub("\ufffd", text)


@dataclass(frozen=True)
class Channel:
    """``key`` goes into post ids, ``shown`` into the column; an alias stands for both."""

    key: str
    shown: str

    @classmethod
    def of(
        cls, names: Iterable[str | None], shown: str | None, aliases: Mapping[str, str]
    ) -> Channel:
        """The first of ``names`` that has an alias decides, else the first that is there."""
        known = [name for name in names if name]
        for name in known:
            if name in aliases:
                return cls(aliases[name], aliases[name])
        key = known[0] if known else "unknown"
        return cls(key, shown or key)

    def post_id(self, message: int | str) -> str:
        return f"{self.key}/{message}"

    def link(self, message: int | str) -> str | None:
        """The post's public address; null when only a number is known of the channel."""
        return f"https://t.me/{self.key}/{message}" if _USERNAME.fullmatch(self.key) else None


def content_id(*parts: object) -> str:
    """An id for a post whose source has none: sixteen hexadecimal digits of its content."""
    joined = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]
