"""Builds values from a stream of JSON events.

``ijson.items`` is not used, since it joins a path of keys per level: a hostile file with deep
nesting would take memory quadratic in the depth.

Some files are not valid JSON: older Telegram Desktop escapes control characters as ``\\x0B``,
pandas writes ``NaN``, other programs split surrogate pairs. The text is repaired before parsing,
and numbers that crash the parser are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.sources.limits import limit_hint
from pipeline.sources.raw import Raw

Event = tuple[str, Any]

_STEP = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}
# An archive of X is a script.
ARCHIVE_OF_X = re.compile(r"\A\s*window\.YTD\.\w+\.part\d+\s*=\s*(?=\[)")
# Characters of tokens that must not be split: escapes, words, numbers.
_WHOLE = "\\+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD_ESCAPE = re.compile(
    r"(\\+)(x[0-9a-fA-F]{2}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_ESCAPED_QUOTE = re.compile(r'(\\+)"')
# The C parser crashes on integers that exceed Python's limit of digits.
_MOST_DIGITS = 1000
_UNUSUAL = re.compile(rf"NaN|Infinity|[0-9]{{{_MOST_DIGITS}}}")
_IN_STRING = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_STRING_OR_UNUSUAL = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"?|-?\b(?:NaN|Infinity)\b|' + rf"[0-9]{{{_MOST_DIGITS},}}", re.DOTALL
)


def events_of(raw: Raw) -> Iterator[Event]:
    """The events of a JSON file; raises ``ijson.JSONError`` if it is truncated or damaged."""
    import ijson

    cleaned = _Cleaned(raw)
    events: Iterator[Event] = ijson.basic_parse(cleaned, buf_size=1 << 18)
    return events


class _Cleaned:
    """A file-like object with the repaired JSON as bytes."""

    def __init__(self, raw: Raw) -> None:
        self.path = raw.path
        self.longest = raw.settings.limits.text_characters
        self.pieces = self._pieces(raw.chunks())
        self.inside = False  # whether the next piece begins inside a string
        self.open_for = 0  # length so far of the open string

    def read(self, size: int = -1) -> bytes:
        """The next piece. While a string is open, its size doubles, since the parser restarts the
        string with every piece."""
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
        """Update whether the text ends inside a string, and the length of that string."""
        escaped = 0
        if '\\"' in text:
            escaped = sum(len(found[1]) % 2 for found in _ESCAPED_QUOTE.finditer(text))
        quotes = text.count('"') - escaped
        if quotes % 2:
            self.inside = not self.inside
        # An escaped mark may count as the end here, which only makes the length too small.
        self.open_for = len(text) - text.rfind('"') if quotes else self.open_for + len(text)
        if self.inside and self.open_for > self.longest:
            raise InputError(
                f"{self.path}: a text of more than {self.longest:,} characters, longer than any "
                f"post; {limit_hint('text_characters')}"
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
    """``\\x0B`` as a JSON escape; a lone surrogate as U+FFFD; a surrogate pair unchanged."""
    slashes, what = found[1], found[2]
    if len(slashes) % 2 == 0:
        return found[0]
    if what.startswith("x"):
        return f"{slashes}u00{what[1:]}"
    return found[0] if len(what) > 5 else f"{slashes}ufffd"


def build(kind: str, value: Any, events: Iterator[Event]) -> Any:
    """Build the value that begins with this event."""
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
    """Skip the value that begins with this event."""
    depth = _STEP.get(kind, 0)
    while depth > 0:
        depth += _STEP.get(next(events)[0], 0)


@contextmanager
def naming_damage(path: Path) -> Iterator[None]:
    """Convert errors of the parser to InputError."""
    import ijson

    try:
        yield
    except ijson.JSONError as error:
        raise InputError(f"{path}: {_what_is_broken(error)}") from error
    except SystemError as error:  # the parser's reaction to an integer with too many digits
        raise InputError(
            f"{path}: damaged JSON (a number of some thousand digits); export it again"
        ) from error


def _what_is_broken(error: Exception) -> str:
    """A readable message for an error of the parser."""
    raw = error.args[0] if error.args else ""
    reason = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    first = (reason.splitlines() or ["not valid JSON"])[0][:200]
    if "EOF" in first or "premature" in first or "incomplete" in first:
        return "the JSON is incomplete: the file was truncated; export or copy it again"
    return f"damaged JSON ({first}); export it again"
