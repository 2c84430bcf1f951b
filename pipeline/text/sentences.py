"""Where the sentences of a paragraph begin and end.

Splitting is done by sentencex (Wikimedia, MIT): it knows the abbreviations and initials of English
and Russian, never splits inside quotation marks, and takes 12 microseconds a paragraph.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# sentencex panics on multi-byte white space before an initial and refuses lone surrogates; each is
# read as one plain space, so offsets stay those of the text.
_UNSAFE = re.compile(r"[\s\ud800-\udfff]")


class Span(NamedTuple):
    """``text[start:end]``, in code points."""

    start: int
    end: int


def sentences(text: str, language: str) -> list[Span]:
    """The sentences of a text in order, without the white space around them.

    Pieces with no letter and no digit (a row of emoji, a lone ellipsis) are not sentences. A
    language that the splitter does not know is split by general rules.
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
