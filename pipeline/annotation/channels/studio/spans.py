"""The words that a span of Label Studio marks, whichever way its offsets were counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from pipeline.annotation.anchoring import anchored


def marked(value: Mapping[str, Any], text: str) -> str | None:
    """The stretch of ``text`` that a span marks; None where it marks none of it.

    Versions of Label Studio count offsets in UTF-16 units, so that an emoji is two, or in code
    points (1.23 does). The quoted words decide between the two; where they stand at neither
    place they are looked for in the whole text. Without them a span counts only where both ways
    of counting mark the same.
    """
    start, end, quoted = value.get("start"), value.get("end"), value.get("text")
    places = set()
    if _is_offset(start) and _is_offset(end) and start < end:
        places = {units(text, start, end), text[start:end]}
    if isinstance(quoted, str) and quoted.strip():
        return quoted if quoted in places else anchored(quoted, text)
    return places.pop() or None if len(places) == 1 else None


def units(text: str, start: int, end: int) -> str:
    """``text[start:end]`` counted in UTF-16 units; half a character is left out."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    return encoded[2 * start : 2 * end].decode("utf-16-le", "ignore")


def _is_offset(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
