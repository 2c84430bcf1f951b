"""The passages that a page asks about, in their order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.annotation.importing import check_pseudonym
from pipeline.annotation.queue.queue_file import Said
from pipeline.codebook import Codebook
from pipeline.text.passage_id import clean


@dataclass(frozen=True)
class Item:
    """A passage as the coder reads it; ``asked`` is None when every question is asked; ``said`` is
    what coders answered, in a queue for the lead."""

    passage_id: str
    text: str
    opening: str
    before: str
    language: str
    asked: tuple[str, ...] | None = None
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Queue:
    """What one coder is asked; ``digest`` stands for passages, questions and codebook.

    With ``settles`` the coder is the lead, whose answers decide what others left open.
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
    """A queue of at most ``limit`` passages, each once, without those in ``done``.

    ``rows`` have ``passage_id text opening before language post position`` and may have ``asked``
    and ``said`` (see :class:`~pipeline.annotation.queue.queue_file.Waiting`). Posts come whole, in
    an order that looks random, is another for each coder and is always the same for one. With
    ``asked`` (passage → questions) only its passages are in the queue. Raises InputError for a
    name that is no pseudonym.
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
    """Cleaned: characters that turn or hide text are no part of a passage."""
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
