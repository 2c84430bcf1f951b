"""Escapes cells for spreadsheet programs, and reads back the cells that they changed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipeline.annotation.lines import ABSENT
from pipeline.io.formulas import is_formula

# Text that a spreadsheet may convert to a number or a date.
_NUMBER = re.compile(r"[\d\s.,:/%+\-eE]+")
_UNKNOWN_TO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PASSAGE_ID = re.compile(r"[0-9a-f]{1,16}")
_QUOTES = "\"'`«»„“”‟‘’‚‛"
_YES = (
    "yes",
    "y",
    "x",
    "х",
    "1",
    "true",
    "done",
    "ok",
    "да",
    "истина",
    "wahr",
    "vrai",
    "✓",
    "✔",
    "+",
)
_NO = ("", "no", "n", "0", "false", "нет", "ложь", "falsch", "faux", "-")
_SAME_ANSWER = {
    "-": ABSENT,
    "favor": "favour",
    "cant_say": "cannot_say",
    "can_not_say": "cannot_say",
}


def plain(text: str) -> str:
    """The text with U+FFFD for characters that are not allowed in XML."""
    return _UNKNOWN_TO_XML.sub("\ufffd", text)


def guarded(text: str) -> str:
    """The text, with a leading apostrophe if a spreadsheet would convert it."""
    return f"'{text}" if _risky(text) else text


def unguarded(text: str) -> str:
    """The inverse of :func:`guarded`."""
    return text[1:] if text.startswith("'") and _risky(text[1:]) else text


def _risky(text: str) -> bool:
    bare = text.lstrip("'")
    return bool(is_formula(bare) or _NUMBER.fullmatch(bare))


def answer(cell: str, allowed: Sequence[str]) -> str | None:
    """The answer in a cell, ``absent`` for an empty one; None if it is not a valid answer.

    Ignores case, quotation marks and full stops; accepts a space for ``_``, ``favor``, and a dash
    for ``absent``.
    """
    word = unicodedata.normalize("NFKC", unguarded(cell)).strip().strip(_QUOTES + ". ").casefold()
    word = re.sub(r"[\s_]+", "_", re.sub("[‐‑‒–—―−]", "-", word)).replace("'", "").replace("’", "")
    word = _SAME_ANSWER.get(word, word) or ABSENT
    return word if word in allowed else None


def is_done(cell: str) -> bool | None:
    """Whether the row is marked as done; None for an unknown word."""
    word = unguarded(cell).strip().strip(_QUOTES + ". ").casefold()
    if word in _YES:
        return True
    return False if word in _NO else None


def passage_id(cell: str) -> str | None:
    """The id in a cell, with lost leading zeros restored; None if there is no valid id, for example
    a number in scientific notation."""
    word = unguarded(cell).strip().strip(_QUOTES).casefold().removeprefix("p-")
    return word.zfill(16) if _PASSAGE_ID.fullmatch(word) else None


def letters_and_digits(text: str) -> str:
    """The case-folded text without punctuation and spaces, for comparison."""
    return "".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))


def same_words(one: str, other: str) -> bool:
    """Whether two cells are probably the same passage: they share half of the shorter's words.

    Tolerates lost or changed characters, but not rows that moved to another passage.
    """
    first, second = _words(one), _words(other)
    return 2 * len(first & second) >= min(len(first), len(second))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))
