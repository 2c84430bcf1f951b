"""Finds the rows in a JSON file that is one object."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from pipeline.sources.json_events import Event, events_of, naming_damage, skip
from pipeline.sources.raw import Raw

# Keys of rows in the files of common programs, including X, VK and search engines.
_ROWS = ("data", "items", "results", "posts", "tweets", "statuses", "rows", "records", "messages")
_AROUND = ("response", "data", "result", "hits")
_CHATS = ("chats", "left_chats")
# Maximum number of events before the rows.
_EVENTS_LOOKED_AT = 20_000


class Shape(Enum):
    export = "an export of Telegram Desktop, or unknown"
    rows = "an array of rows"
    by_column = "columns with a value per row number"


class Found(NamedTuple):
    shape: Shape
    path: tuple[str, ...] = ()


def wrapped_in(value: Mapping[str, Any]) -> bool:
    """Whether the object is a whole file, not one row."""
    if isinstance(value.get("messages"), list) or isinstance(value.get("chats"), dict):
        return True
    for key in _ROWS:
        if _is_rows(value.get(key)):
            return True
    for outer in _AROUND:
        inner = value.get(outer)
        if isinstance(inner, dict) and any(_is_rows(inner.get(key)) for key in _ROWS):
            return True
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        return True
    columns = [column for column in value.values() if isinstance(column, dict)]
    return len(columns) > 1 and all(_numbered(column) for column in columns)


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _numbered(column: Mapping[str, Any]) -> bool:
    return bool(column) and all(key.isdecimal() for key in itertools.islice(column, 20))


def shape_of(raw: Raw) -> Found:
    """The shape of the object, judged by its first keys."""
    with naming_damage(raw.path):
        events = itertools.islice(events_of(raw), _EVENTS_LOOKED_AT)
        try:
            next(events)
            return _in_object(events, ())
        except StopIteration:
            return Found(Shape.export)


def _in_object(events: Iterator[Event], path: tuple[str, ...]) -> Found:
    numbered = 0
    for event, key in events:
        if event == "end_map":
            break
        kind, _ = next(events)
        here = (*path, key)
        if kind == "start_array" and key in _ROWS:
            first = next(events)[0]
            if first == "start_map":
                is_export = here == ("messages",) and not _is_dump(events)
                return Found(Shape.export) if is_export else Found(Shape.rows, here)
            if first == "start_array" and not path and key == "data":
                return Found(Shape.by_column)  # pandas' orient="split"
            if first == "end_array":
                continue
            skip(first, events)
            _to_end_of_array(events)
        elif kind == "start_map" and not path and key in _CHATS:
            return Found(Shape.export)
        elif kind == "start_map" and key in _AROUND and len(path) < 2:
            found = _in_object(events, here)
            if found.shape is Shape.rows:
                return found
        elif kind == "start_map":
            # A column whose rows are numbered from 0; two of them make a table.
            first, name = next(events)
            numbered += first == "map_key" and str(name) == "0"
            if numbered > 1 and not path:
                return Found(Shape.by_column)
            _to_end_of_map(first, events)
        else:
            skip(kind, events)
    return Found(Shape.export)


def _is_dump(events: Iterator[Event]) -> bool:
    """Whether the messages are from Telethon or Pyrogram, not from Telegram Desktop."""
    for event, key in events:
        if event == "end_map":
            return False
        if event == "map_key" and key in {"_", "peer_id"}:
            return True
        if event == "map_key":
            skip(next(events)[0], events)
    return False


def _to_end_of_map(first: str, events: Iterator[Event]) -> None:
    while first != "end_map":
        skip(next(events)[0], events)
        first = next(events)[0]


def _to_end_of_array(events: Iterator[Event]) -> None:
    for event, _ in events:
        if event == "end_array":
            return
        skip(event, events)
