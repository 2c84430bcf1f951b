"""The passages of an annotation page, in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.annotation.importing import check_pseudonym
from pipeline.annotation.queue.queue_file import CoderAnswer
from pipeline.codebook import Codebook
from pipeline.text.passage_id import clean


@dataclass(frozen=True)
class Item:
    """A passage for a coder; ``asked`` are the questions asked, None for all; ``said`` are the
    coders' answers, in a queue for the lead."""

    passage_id: str
    text: str
    opening: str
    before: str
    language: str
    asked: tuple[str, ...] | None = None
    said: tuple[CoderAnswer, ...] = ()


@dataclass(frozen=True)
class Queue:
    """A queue for one coder; ``digest`` identifies passages, questions and codebook.

    With ``settles`` the coder is the lead, whose answers settle contested questions.
    """

    coder: str
    items: tuple[Item, ...]
    digest: str
    settles: bool = False


def queue(
    rows: Iterable[Mapping[str, Any]],
    codebook: Codebook,
    coder: str,
    *,
    done: Collection[str] = (),
    asked: Mapping[str, Iterable[str]] | None = None,
    limit: int | None = None,
) -> Queue:
    """A queue of at most ``limit`` distinct passages, without those in ``done``.

    ``rows`` have ``passage_id text opening before language post position`` and may have ``asked``
    and ``said`` (see :class:`~pipeline.annotation.queue.queue_file.QueueItem`). Passages of a post
    stay together; the order of posts is pseudo-random and fixed per coder. With ``asked`` (passage
    → questions) the queue has only its passages. Raises InputError for an invalid pseudonym.
    """
    check_pseudonym(coder)
    passages: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        key = row["passage_id"]
        if key not in done and (asked is None or key in asked):
            passages.setdefault(key, row)

    def place(row: Mapping[str, Any]) -> tuple[str, int]:
        shuffled = hashlib.sha256(f"{coder}\0{row['post']}".encode()).hexdigest()
        return shuffled, row["position"]

    chosen = sorted(passages.values(), key=place)[:limit]
    items = tuple(_item(row, asked) for row in chosen)
    settles = bool(items) and all(item.said for item in items)
    return Queue(coder, items, _digest(items, codebook), settles)


def _item(row: Mapping[str, Any], asked: Mapping[str, Iterable[str]] | None) -> Item:
    """The row as an item, without characters that reorder or hide text."""
    key = row["passage_id"]
    return Item(
        passage_id=key,
        text=clean(row["text"]),
        opening=clean(row["opening"] or ""),
        before=clean(row["before"] or ""),
        language=row["language"] or "",
        asked=row.get("asked") if asked is None else tuple(asked[key]),
        said=tuple(row.get("said") or ()),
    )


def _digest(items: tuple[Item, ...], codebook: Codebook) -> str:
    content = json.dumps([codebook.digest, [(item.passage_id, item.asked) for item in items]])
    return hashlib.sha256(content.encode()).hexdigest()[:12]
