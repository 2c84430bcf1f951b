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
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """The text for reading: invisible characters out, white space folded, nothing else changed."""
    return _SPACE.sub(" ", _INVISIBLE.sub("", text)).strip()


def normalise(text: str) -> str:
    """The text for comparing: :func:`clean` in NFC."""
    return clean(unicodedata.normalize("NFC", text))


def passage_id(text: str, opening: str = "", before: str = "") -> str:
    """Sixteen hexadecimal digits that stand for a passage: text, opening and before, normalised.

    The context is cut to the lengths of the convention first (200 and 300 code points), so that a
    source that hands over more gets the same key.
    """
    parts = (text, opening[:OPENING_LENGTH], before[:BEFORE_LENGTH])
    joined = "\x1f".join([f"v{NORMALISER_VERSION}", *map(normalise, parts)])
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]
