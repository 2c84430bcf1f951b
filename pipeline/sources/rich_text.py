"""Telegram's mixed and rich texts → plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Keys of a block: inline texts, texts after the content, and nested blocks.
_INLINE = ("title", "subtitle", "header", "question", "text", "source", "formula", "solution")
_BEHIND = ("caption", "credit", "author", "footer")
_HOLDS = ("blocks", "items", "articles", "options", "answers", "elements", "content", "cover")
_DEEPEST = 100


class _TooDeepError(Exception):
    """The text is nested deeper than ``_DEEPEST``."""


def flat_text(text: Any) -> str | None:
    """The plain text of Telegram's mixed lists, with the displayed text of links; None for
    anything else."""
    try:
        return _inline(text, 0)
    except _TooDeepError:
        return None


def rich_text(message: Any) -> str | None:
    """The text of a rich message (``blocks``), with blank lines between blocks; rows of tables are
    lines, with cells separated by ``|``. None if it is nested too deeply."""
    try:
        return "\n\n".join(part for part in _blocks(message, 0) if part.strip())
    except _TooDeepError:
        return None


def _inline(text: Any, depth: int) -> str | None:
    """Join strings, objects with ``text`` or ``texts``, and lists of both."""
    if depth > _DEEPEST:
        raise _TooDeepError
    if isinstance(text, str):
        return text
    if isinstance(text, Mapping):
        inner = text.get("text", text.get("texts"))
        if inner is None:
            return "" if _says_nothing(text) else None
        return _inline(inner, depth + 1)
    if not isinstance(text, list):
        return None
    parts = [_inline(part, depth + 1) for part in text]
    return None if any(part is None for part in parts) else "".join(str(part) for part in parts)


def _says_nothing(text: Mapping[str, Any]) -> bool:
    kind = text.get("type", text.get("_"))
    return isinstance(kind, str) and kind.casefold() in {"empty", "textempty", "plain"}


def _blocks(node: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise _TooDeepError
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _blocks(item, depth + 1)
    elif isinstance(node, Mapping):
        for key in _INLINE:
            yield from _text_or_blocks(node.get(key), depth)
        if isinstance(node.get("rows"), list):
            yield "\n".join(_row(row, depth) for row in node["rows"])
        for key in _HOLDS:
            if isinstance(node.get(key), list | Mapping):
                yield from _blocks(node[key], depth + 1)
        for key in _BEHIND:
            yield from _text_or_blocks(node.get(key), depth)


def _text_or_blocks(value: Any, depth: int) -> Iterator[str]:
    """An inline text, or blocks in its place."""
    if value is None:
        return
    text = _inline(value, depth + 1)
    if text is not None:
        yield text
    elif isinstance(value, list | Mapping):
        yield from _blocks(value, depth + 1)


def _row(row: Any, depth: int) -> str:
    cells = row.get("cells", []) if isinstance(row, Mapping) else row
    if not isinstance(cells, list):
        return ""
    texts = (" ".join(_blocks(cell, depth + 1)).strip() for cell in cells)
    return " | ".join(text for text in texts if text)
