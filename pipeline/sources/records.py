"""What a reader yields, one record at a time, and how records become the tables of a batch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import polars as pl

from pipeline.tables import Dropped, Posts

BATCH_POSTS = 5000
# Long texts fill a batch before its rows do.
BATCH_CHARACTERS = 16_000_000

# Lone surrogates cannot be stored as UTF-8; control characters cannot be shown, and break XML.
_UNFIT = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")

# Families of sources: within one, an id and a channel mean one post.
TELEGRAM, TITLED, TABLE = "telegram", "telegram_title", "table"


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
    source: str | None = None


class Refused(NamedTuple):
    """Something that is not a post, and why."""

    reason: str
    text: str = ""
    post_id: str | None = None


class Note(NamedTuple):
    """What a person should know about the file, in one line."""

    text: str


Record = Post | Refused | Note


@dataclass(frozen=True)
class Batch:
    """Some thousands of posts ([tables.Posts]), what was dropped beside them ([tables.Dropped]),
    and what is to be said."""

    posts: pl.DataFrame
    dropped: pl.DataFrame
    notes: tuple[str, ...] = ()


def batches(records: Iterable[Record], source_file: str) -> Iterator[Batch]:
    """Records in tables of at most ``BATCH_POSTS`` rows each; none for no records."""
    waiting = _Waiting()
    for record in records:
        waiting.add(record)
        if waiting.is_full():
            yield waiting.batch(source_file)
            waiting = _Waiting()
    if not waiting.is_empty():
        yield waiting.batch(source_file)


class _Waiting:
    """Records that do not fill a batch yet."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.refused: list[Refused] = []
        self.notes: list[str] = []
        self.characters = 0

    def add(self, record: Record) -> None:
        if isinstance(record, Note):
            self.notes.append(record.text)
            return
        self.characters += len(record.text)
        if isinstance(record, Post):
            self.posts.append(record)
        else:
            self.refused.append(record)

    def is_full(self) -> bool:
        rows = max(len(self.posts), len(self.refused))
        return rows == BATCH_POSTS or self.characters >= BATCH_CHARACTERS

    def is_empty(self) -> bool:
        return not (self.posts or self.refused or self.notes)

    def batch(self, source_file: str) -> Batch:
        return Batch(
            posts_table(self.posts, source_file),
            refused_table(self.refused, source_file),
            tuple(self.notes),
        )


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
            "text": [legible(row.text) for row in refused],
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


def content_id(*parts: object) -> str:
    """An id for a post whose source has none: sixteen hexadecimal digits of its content."""
    joined = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]
