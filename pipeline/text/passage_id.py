"""What makes two passages the same: the normaliser and the hash that keys labels and scores.

The normaliser has a version. Changing what it does means a new version, since every label is
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
    """The text for reading: invisible characters out, white space folded, nothing else changed."""
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def normalise(text: str) -> str:
    """The text for comparing: :func:`clean` in NFC."""
    # In this order: an invisible character between a letter and its accent must not part them.
    return unicodedata.normalize("NFC", clean(text))


def passage_id(text: str, opening: str = "", before: str = "") -> str:
    """Sixteen hexadecimal digits that stand for a passage: text, opening and before, normalised.

    The context is normalised, then cut to the lengths of the convention (200 and 300 code points),
    so that a source that hands over more, or spaces and accents otherwise, gets the same key.
    """
    head = normalise(opening)[:OPENING_LENGTH].rstrip()
    above = normalise(before)[:BEFORE_LENGTH].rstrip()
    joined = "\x1f".join([f"v{NORMALISER_VERSION}", normalise(text), head, above])
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]
