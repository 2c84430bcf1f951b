"""Sentence boundaries within a paragraph.

Splitting uses sentencex (Wikimedia, MIT): it handles English and Russian abbreviations and
initials, never splits inside quotation marks, and takes 12 microseconds per paragraph.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# sentencex panics on multi-byte white space before an initial and rejects lone surrogates. Each is
# replaced with one plain space, so offsets do not change.
_UNSAFE = re.compile(r"[\s\ud800-\udfff]")


class Span(NamedTuple):
    """``text[start:end]``, in code points."""

    start: int
    end: int


def sentences(text: str, language: str) -> list[Span]:
    """The sentences of a text in order, without surrounding white space.

    Pieces without letters or digits (a row of emoji, a lone ellipsis) are not sentences. Languages
    that the splitter does not support are split by general rules.
    """
    from sentencex import segment

    spans: list[Span] = []
    start = 0
    for piece in segment(language, _UNSAFE.sub(" ", text)):
        end = start + len(piece)
        first = start + len(piece) - len(piece.lstrip())
        last = start + len(piece.rstrip())
        if any(character.isalnum() for character in piece):
            spans.append(Span(first, last))
        start = end
    return spans
