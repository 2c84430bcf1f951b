"""Where quoted words stand in a passage, by what they say rather than by where they once stood."""

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
    """The stretch of the normalised ``text`` that says ``words``; None where none does.

    The same words count as found when white space, invisible characters, case, accents written
    in another form, quotation marks, dashes or ё differ: what mail programs, spreadsheets and
    other tools do to a text. Of several places the first is taken.
    """
    passage = normalise(text)
    wanted, _ = _folded(normalise(words))
    within, places = _folded(passage)
    at = within.find(wanted)
    if not wanted or at < 0:
        return None
    return passage[places[at] : places[at + len(wanted) - 1] + 1]


def _folded(text: str) -> tuple[str, list[int]]:
    """The text for comparing, and for each of its characters the place it came from."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        same = unicodedata.normalize("NFKC", character).casefold().translate(_SAME)
        folded += same
        places += [place] * len(same)
    return "".join(folded), places
