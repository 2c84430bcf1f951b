"""Values out of a stream of JSON events.

``ijson.items`` would be shorter, but it joins a path of keys for every level: a hostile file that
only nests makes it take memory with the square of the depth.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import InputError

Event = tuple[str, Any]

_STEP = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}


def events_of(file: BinaryIO) -> Iterator[Event]:
    """The events of a JSON file; raises ``ijson.JSONError`` where it is cut off or damaged."""
    import ijson

    events: Iterator[Event] = ijson.basic_parse(file, buf_size=1 << 18)
    return events


def build(kind: str, value: Any, events: Iterator[Event]) -> Any:
    """The value that begins with this event, read to its end."""
    from ijson.common import ObjectBuilder

    if kind not in {"start_map", "start_array"}:
        return value
    builder = ObjectBuilder()
    builder.event(kind, value)
    depth = 1
    while depth:
        kind, value = next(events)
        builder.event(kind, value)
        depth += _STEP.get(kind, 0)
    return builder.value


def skip(kind: str, events: Iterator[Event]) -> None:
    """Pass over the value that begins with this event."""
    depth = _STEP.get(kind, 0)
    while depth > 0:
        depth += _STEP.get(next(events)[0], 0)


@contextmanager
def naming_damage(path: Path) -> Iterator[None]:
    """Raises InputError in the place of a parser's complaint."""
    import ijson

    try:
        yield
    except ijson.JSONError as error:
        raise InputError(f"{path}: {_what_is_broken(error)}") from error
    except SystemError as error:  # so the parser answers where Python refuses to read an integer
        raise InputError(
            f"{path}: damaged JSON (a number of some thousand digits); export it again"
        ) from error


def _what_is_broken(error: Exception) -> str:
    """A parser's complaint, in words that help."""
    told = error.args[0] if error.args else ""
    reason = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    first = (reason.splitlines() or ["not valid JSON"])[0]
    if "EOF" in first:
        return "the JSON ends in the middle: the file was cut off; export or copy it again"
    return f"damaged JSON ({first}); export it again"
