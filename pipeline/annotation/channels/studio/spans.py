"""Resolves spans of Label Studio, whose offsets depend on its version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from pipeline.annotation.anchoring import anchored


def marked(value: Mapping[str, Any], text: str) -> str | None:
    """The part of ``text`` that a span marks, or None.

    Depending on its version, Label Studio counts offsets in UTF-16 units, or in code points (1.23
    does). The quoted text decides between the two; if it is at neither place, it is searched in the
    whole text. A span without quoted text counts only if both give the same result.
    """
    start, end, quoted = value.get("start"), value.get("end"), value.get("text")
    places = set()
    if _is_offset(start) and _is_offset(end) and start < end:
        places = {units(text, start, end), text[start:end]}
    if isinstance(quoted, str) and quoted.strip():
        return quoted if quoted in places else anchored(quoted, text)
    return places.pop() or None if len(places) == 1 else None


def units(text: str, start: int, end: int) -> str:
    """``text[start:end]`` with offsets in UTF-16 units; half a surrogate pair is ignored."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    return encoded[2 * start : 2 * end].decode("utf-16-le", "ignore")


def _is_offset(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
