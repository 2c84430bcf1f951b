"""The words that a span of Label Studio marks, whichever way its offsets were counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from pipeline.annotation.anchoring import anchored


def marked(value: Mapping[str, Any], text: str) -> str | None:
    """The stretch of ``text`` that a span marks; None where it marks none of it.

    A browser counts UTF-16 units, so that an emoji is two; Python and some versions of Label
    Studio count code points. The quoted words decide. They are looked for in the text where they
    stand at neither place; without them the browser's count is taken.
    """
    start, end, quoted = value.get("start"), value.get("end"), value.get("text")
    places = []
    if _is_offset(start) and _is_offset(end) and start < end:
        places = [units(text, start, end), text[start:end]]
    if not isinstance(quoted, str) or not quoted.strip():
        return next((stretch for stretch in places if stretch.strip()), None)
    return quoted if quoted in places else anchored(quoted, text)


def units(text: str, start: int, end: int) -> str:
    """``text[start:end]`` counted in UTF-16 units; half a character is left out."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    return encoded[2 * start : 2 * end].decode("utf-16-le", "ignore")


def _is_offset(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
