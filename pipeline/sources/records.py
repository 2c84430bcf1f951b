"""Records that readers yield, and their tables in batches."""

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
# Maximum characters of a batch with long texts.
BATCH_CHARACTERS = 16_000_000

# Lone surrogates cannot be stored as UTF-8; control characters cannot be shown, and break XML.
_UNFIT = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")

# Families of sources; within a family, channel and id identify a post.
TELEGRAM, TITLED, TABLE = "telegram", "telegram_title", "table"


class Post(NamedTuple):
    """A post; the fields are those of :class:`pipeline.tables.Posts`."""

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


class Rejected(NamedTuple):
    """A record that is not a post, with the reason."""

    reason: str
    text: str = ""
    post_id: str | None = None


class Note(NamedTuple):
    """A one-line message about the file for the user."""

    text: str


Record = Post | Rejected | Note


@dataclass(frozen=True)
class Batch:
    """At most some thousand posts ([tables.Posts]), the dropped records ([tables.Dropped]), and
    notes for the user."""

    posts: pl.DataFrame
    dropped: pl.DataFrame
    notes: tuple[str, ...] = ()


def batches(records: Iterable[Record], source_file: str) -> Iterator[Batch]:
    """Records as tables of at most ``BATCH_POSTS`` rows; none if there are no records."""
    builder = _BatchBuilder()
    for record in records:
        builder.add(record)
        if builder.is_full():
            yield builder.batch(source_file)
            builder = _BatchBuilder()
    if not builder.is_empty():
        yield builder.batch(source_file)


class _BatchBuilder:
    """Collects records for a batch."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.rejected: list[Rejected] = []
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
            self.rejected.append(record)

    def is_full(self) -> bool:
        rows = max(len(self.posts), len(self.rejected))
        return rows == BATCH_POSTS or self.characters >= BATCH_CHARACTERS

    def is_empty(self) -> bool:
        return not (self.posts or self.rejected or self.notes)

    def batch(self, source_file: str) -> Batch:
        return Batch(
            posts_table(self.posts, source_file),
            rejected_table(self.rejected, source_file),
            tuple(self.notes),
        )


def posts_table(posts: list[Post], source_file: str) -> pl.DataFrame:
    columns: dict[str, list[object]] = {name: [] for name in Posts.column_names()}
    for name in Post._fields:
        columns[name] = [_fit(getattr(post, name)) for post in posts]
    columns["source_file"] = [legible(source_file)] * len(posts)
    return pl.DataFrame(columns, schema=Posts.create_empty().schema, strict=True)


def rejected_table(rejected: list[Rejected], source_file: str) -> pl.DataFrame:
    empty: list[object] = [None] * len(rejected)
    return pl.DataFrame(
        {
            "post_id": [_fit(row.post_id) for row in rejected],
            "position": empty,
            "start": empty,
            "end": empty,
            "text": [legible(row.text) for row in rejected],
            "reason": [row.reason for row in rejected],
            "source_file": [legible(source_file)] * len(rejected),
        },
        schema=Dropped.create_empty().schema,
    )


def _fit(value: object) -> object:
    return legible(value) if isinstance(value, str) else value


def legible(text: str) -> str:
    """The text with U+FFFD for characters that cannot be stored or displayed."""
    return _UNFIT.sub("\ufffd", text)


def content_id(*parts: object) -> str:
    """An id for a post without one: sixteen hexadecimal digits of a hash of its content."""
    joined = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]
