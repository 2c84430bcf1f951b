"""Passage ids: the text normaliser, and the hash that labels and scores are keyed by.

The normaliser is versioned. Any change to its output needs a new version, since every label is
keyed by its result.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

NORMALISER_VERSION = 1
OPENING_LENGTH = 200
BEFORE_LENGTH = 300

# Zero-width and directional marks, soft hyphens, byte-order marks, variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe0e\ufe0f]"
)


def clean(text: str) -> str:
    """The text for reading: invisible characters removed, white space collapsed, nothing else."""
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def normalise(text: str) -> str:
    """The text for comparison: :func:`clean`, then NFC."""
    # Clean first: an invisible character between a letter and its accent would prevent composition.
    return unicodedata.normalize("NFC", clean(text))


def passage_id(text: str, opening: str = "", before: str = "") -> str:
    """Sixteen hexadecimal digits that identify a passage: text, opening and before, normalised.

    The context is normalised, then cut to the agreed lengths (opening 200, before 300 code
    points). Sources that deliver a longer context, other spacing or other accent encoding therefore
    give the same id.
    """
    head = normalise(opening)[:OPENING_LENGTH].rstrip()
    above = normalise(before)[:BEFORE_LENGTH].rstrip()
    joined = "\x1f".join([f"v{NORMALISER_VERSION}", normalise(text), head, above])
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]
