"""HTML → the visible text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.sources.limits import limit_hint
from pipeline.sources.page_cost import why_costly
from pipeline.sources.raw import Raw

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_SPACE = re.compile(r"[ \t\r\n\f]+")
_AROUND_BREAK = re.compile(r" *\n *")
_UNSEEN = frozenset({"script", "style", "template", "noscript"})
_BLOCKS = frozenset({"blockquote", "div", "pre"})
# Elements on their own line.
_LINES = frozenset({"tr", "dt", "dd", "hr"})
# Elements with a blank line around them.
_PARAGRAPHS = frozenset(
    {"p", "li", "details", "summary"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "table", "figure", "figcaption", "footer", "header"}
    | {"section", "article", "aside", "ul", "ol", "dl", "caption"}
)
_CELLS = frozenset({"td", "th"})
_GAPS = {**dict.fromkeys(_LINES, 1), **dict.fromkeys(_PARAGRAPHS, 2)}


def parse(raw: Raw) -> LexborHTMLParser:
    """Parse a page; raises InputError if it is too large or too costly to parse."""
    limit = raw.settings.limits.page_megabytes << 20
    parts: list[str] = []
    size = 0
    for chunk in raw.chunks():
        parts.append(chunk)
        size += len(chunk) if chunk.isascii() else len(chunk.encode("utf-8", "replace"))
        if size > limit:
            raise InputError(
                f"{raw.path}: a web page of more than {limit >> 20} MB; split it, or "
                f"{limit_hint('page_megabytes')}"
            )
    return parse_text("".join(parts).removeprefix("\ufeff"), str(raw.path))


def parse_text(content: str, named: str) -> LexborHTMLParser:
    """Parse a page; raises InputError if it is too costly to parse."""
    from selectolax.lexbor import LexborHTMLParser

    why = why_costly(content.encode("utf-8", "replace"))
    if why is not None:
        raise InputError(f"{named}: a web page {why} for a page of posts")
    return LexborHTMLParser(content)


def fragment_text(content: str) -> str | None:
    """The text of an HTML fragment; None if it is too costly to parse."""
    from selectolax.lexbor import LexborHTMLParser

    if why_costly(content.encode("utf-8", "replace")) is not None:
        return None
    body = LexborHTMLParser(content).body
    return "" if body is None else plain_text(body)


def plain_text(node: LexborNode) -> str:
    """The text below ``node``, with white space collapsed as in browsers.

    Blocks start new lines; headings, tables and similar elements are separated by blank lines,
    table cells by ``|``. Emoji that Telegram shows as pictures are kept as characters.
    """
    parts: list[str] = []
    for current, is_end in walk(node):
        tag = current.tag or ""
        if tag == "-text":
            text = current.text_content or ""
            parent = current.parent
            in_pre = parent is not None and parent.tag == "pre"
            parts.append(text if in_pre else _SPACE.sub(" ", text))
        elif tag == "br":
            parts.append("\n" if not is_end else "")
        elif tag in _CELLS and is_end:
            parts.append(" | " if _has_cell_behind(current) else "")
        elif parts and tag in _BLOCKS:
            parts.append("\n" if _breaks_at_end(parts) < 2 else "")
        elif parts and tag in _GAPS:
            parts.append("\n" * max(0, _GAPS[tag] - _breaks_at_end(parts)))
    return _AROUND_BREAK.sub("\n", "".join(parts)).strip(" \n")


def _breaks_at_end(parts: list[str]) -> int:
    count = 0
    for part in reversed(parts):
        if part.strip(" \n"):
            break
        count += part.count("\n")
    return count


def _has_cell_behind(cell: LexborNode) -> bool:
    behind = cell.next
    while behind is not None and behind.tag == "-text":
        behind = behind.next
    return behind is not None and behind.tag in _CELLS


def walk(top: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node below ``top`` in document order with False, and elements again at their end with
    True. Not recursive."""
    current = top.first_child
    while current is not None:
        yield current, False
        below = current.first_child if current.tag not in _UNSEEN else None
        if below is not None:
            current = below
            continue
        if current.tag != "-text":
            yield current, True
        while current.next is None:
            parent = current.parent
            if parent is None or parent.mem_id == top.mem_id:
                return
            yield parent, True
            current = parent
        current = current.next


def class_of(node: LexborNode) -> frozenset[str]:
    return frozenset((attribute(node, "class") or "").split())


def attribute(node: LexborNode, name: str) -> str | None:
    found: str | None = node.attributes.get(name)
    return found
