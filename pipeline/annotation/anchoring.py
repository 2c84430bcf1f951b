"""Finds quoted text in a passage by its words, not by offsets."""

from __future__ import annotations

import unicodedata

from pipeline.text.passage_id import normalise

_SAME = str.maketrans(
    dict.fromkeys('«»„“”‟"', '"')
    | dict.fromkeys("‘’‚‛'", "'")
    | dict.fromkeys("‐‑‒–—―−-", "-")
    | {"ё": "е"}
)


def anchored(words: str, text: str) -> str | None:
    """The first span of the normalised ``text`` that matches ``words``, or None.

    Differences in white space, invisible characters, case, Unicode form, quotation marks, dashes
    and ё are ignored, since mail programs and spreadsheets change them.
    """
    passage = normalise(text)
    wanted, _ = _folded(normalise(words))
    within, places = _folded(passage)
    at = within.find(wanted)
    if not wanted or at < 0:
        return None
    return passage[places[at] : places[at + len(wanted) - 1] + 1]


def _folded(text: str) -> tuple[str, list[int]]:
    """The text folded for comparison, and the original offset of each of its characters."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        same = unicodedata.normalize("NFKC", character).casefold().translate(_SAME)
        folded += same
        places += [place] * len(same)
    return "".join(folded), places
