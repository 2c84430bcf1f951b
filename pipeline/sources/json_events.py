"""Values out of a stream of JSON events.

``ijson.items`` would be shorter, but it joins a path of keys for every level: a hostile file that
only nests makes it take memory with the square of the depth.

What others write is not always JSON: older Telegram Desktop escapes control characters by ``x0B``
behind a backslash, pandas writes ``NaN``, programs cut emoji in half. The text is mended before it
is parsed, and a number that the parser dies of never reaches it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.sources.limits import said
from pipeline.sources.raw import Raw

Event = tuple[str, Any]

_STEP = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}
# X gives people their posts as a script.
ARCHIVE_OF_X = re.compile(r"\A\s*window\.YTD\.\w+\.part\d+\s*=\s*(?=\[)")
# What must not be cut in two: escapes, words, numbers.
_WHOLE = "\\+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD_ESCAPE = re.compile(
    r"(\\+)(x[0-9a-fA-F]{2}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_ESCAPED_QUOTE = re.compile(r'(\\+)"')
# The parser in C crashes where Python refuses to read an integer.
_MOST_DIGITS = 1000
_UNUSUAL = re.compile(rf"NaN|Infinity|[0-9]{{{_MOST_DIGITS}}}")
_IN_STRING = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_STRING_OR_UNUSUAL = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"?|-?\b(?:NaN|Infinity)\b|' + rf"[0-9]{{{_MOST_DIGITS},}}", re.DOTALL
)


def events_of(raw: Raw) -> Iterator[Event]:
    """The events of a JSON file; raises ``ijson.JSONError`` where it is cut off or damaged."""
    import ijson

    cleaned = _Cleaned(raw)
    events: Iterator[Event] = ijson.basic_parse(cleaned, buf_size=1 << 18)
    return events


class _Cleaned:
    """A text as the bytes of JSON; only what a parser needs of a file."""

    def __init__(self, raw: Raw) -> None:
        self.path = raw.path
        self.longest = raw.settings.limits.text_characters
        self.pieces = self._pieces(raw.chunks())
        self.inside = False  # whether the next piece begins in a string
        self.open_for = 0  # characters of the string that is open

    def read(self, size: int = -1) -> bytes:
        """The next piece; while a string is open, as much again as there is of it: the parser
        begins a string anew with every piece."""
        if not size:
            return b""
        read = [next(self.pieces, b"")]
        more = len(read[0])
        while read[-1] and self.inside and more < self.open_for:
            read.append(next(self.pieces, b""))
            more += len(read[-1])
        return b"".join(read)

    def _pieces(self, chunks: Iterable[str]) -> Iterator[bytes]:
        waiting = ""
        first = True
        for chunk in chunks:
            text = waiting + chunk
            if first:
                text, first = ARCHIVE_OF_X.sub("", text.removeprefix("\ufeff"), count=1), False
            end = len(text.rstrip(_WHOLE))
            if not end and len(text) < self.longest:
                waiting = text
                continue
            end = end or len(text)
            waiting = text[end:]
            yield self._cleaned(text[:end]).encode("utf-8", "replace")
        if waiting:
            yield self._cleaned(waiting).encode("utf-8", "replace")

    def _cleaned(self, text: str) -> str:
        if "\\" in text and ("\\x" in text or "\\ud" in text or "\\uD" in text):
            text = _ODD_ESCAPE.sub(_mended_escape, text)
        inside = self.inside
        self._follow(text)
        return self._without_unusual(text, inside=inside) if _UNUSUAL.search(text) else text

    def _follow(self, text: str) -> None:
        """Note whether the text ends in a string, and for how long that has been open."""
        escaped = 0
        if '\\"' in text:
            escaped = sum(len(found[1]) % 2 for found in _ESCAPED_QUOTE.finditer(text))
        quotes = text.count('"') - escaped
        if quotes % 2:
            self.inside = not self.inside
        # An escaped mark may be taken for the end here, which only makes the count too small.
        self.open_for = len(text) - text.rfind('"') if quotes else self.open_for + len(text)
        if self.inside and self.open_for > self.longest:
            raise InputError(
                f"{self.path}: a text of more than {self.longest:,} characters, longer than any "
                f"post; {said('text_characters')}"
            )

    def _without_unusual(self, text: str, *, inside: bool) -> str:
        start = _end_of_string(text) if inside else 0
        return text[:start] + _STRING_OR_UNUSUAL.sub(self._usual, text[start:])

    def _usual(self, found: re.Match[str]) -> str:
        if found[0].startswith('"'):
            return found[0]
        if found[0][0].isdecimal():
            raise InputError(
                f"{self.path}: damaged JSON (a number of some thousand digits); export it again"
            )
        return "null"


def _end_of_string(text: str) -> int:
    found = _IN_STRING.match(text)
    return found.end() if found is not None else 0


def _mended_escape(found: re.Match[str]) -> str:
    """``\\x0B`` as JSON writes it; half an emoji as U+FFFD; a whole one as it is."""
    slashes, what = found[1], found[2]
    if len(slashes) % 2 == 0:
        return found[0]
    if what.startswith("x"):
        return f"{slashes}u00{what[1:]}"
    return found[0] if len(what) > 5 else f"{slashes}ufffd"


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
    first = (reason.splitlines() or ["not valid JSON"])[0][:200]
    if "EOF" in first or "premature" in first or "incomplete" in first:
        return "the JSON ends in the middle: the file was cut off; export or copy it again"
    return f"damaged JSON ({first}); export it again"
