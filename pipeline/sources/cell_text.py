"""Plain text from cells with markup, entities or nested values."""

from __future__ import annotations

import html
import re
from typing import Any

from pipeline.sources.rich_text import flat_text, rich_text

_ELEMENTS = (
    "a|abbr|b|blockquote|br|center|cite|code|del|div|em|figcaption|figure|font|h[1-6]|hr|i|img|ins|"
    "li|ol|p|pre|q|s|small|span|strike|strong|sub|sup|table|tbody|td|th|thead|tr|u|ul|video"
)
_TAG = re.compile(rf"</?(?:{_ELEMENTS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
# Longer cells are not parsed as HTML.
_LONGEST_MARKUP = 2_000_000


def text_of(value: Any) -> str | None:
    """The text of a string, a list of paragraphs (joined by blank lines), or Telegram's mixed lists
    and rich messages; None for anything else."""
    if value is None:
        return ""
    if isinstance(value, str):
        return without_markup(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n\n".join(without_markup(item) for item in value if item.strip())
    if isinstance(value, dict) and "blocks" in value:
        return rich_text(value)
    return flat_text(value)


def without_markup(text: str) -> str:
    """The text that a browser would show; unchanged if it has no known elements or entities."""
    if "<" in text and len(text) <= _LONGEST_MARKUP and _TAG.search(text):
        from pipeline.sources.html import fragment_text

        shown = fragment_text(text)
        return text if shown is None else shown
    if "&" in text and _ENTITY.search(text):
        return _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return text
