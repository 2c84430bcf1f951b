"""What spreadsheets do to a cell, and how to undo it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipeline.annotation.lines import ABSENT
from pipeline.io.formulas import is_formula

# What a spreadsheet takes for a number or a date.
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
    """With U+FFFD for characters that no spreadsheet file can hold."""
    return _UNKNOWN_TO_XML.sub("\ufffd", text)


def guarded(text: str) -> str:
    """With an apostrophe in front where a spreadsheet would take the text for something else."""
    return f"'{text}" if _risky(text) else text


def unguarded(text: str) -> str:
    """What :func:`guarded` was given."""
    return text[1:] if text.startswith("'") and _risky(text[1:]) else text


def _risky(text: str) -> bool:
    bare = text.lstrip("'")
    return bool(is_formula(bare) or _NUMBER.fullmatch(bare))


def answer(cell: str, allowed: Sequence[str]) -> str | None:
    """The answer that a cell gives, ``absent`` for an empty one; None where it is none.

    Case, quotation marks, a full stop, a space for ``_``, ``favor`` and a dash for ``absent`` are
    what programs and people make of the words in the list.
    """
    word = unicodedata.normalize("NFKC", unguarded(cell)).strip().strip(_QUOTES + ". ").casefold()
    word = re.sub(r"[\s_]+", "_", re.sub("[‐‑‒–—―−]", "-", word)).replace("'", "").replace("’", "")
    word = _SAME_ANSWER.get(word, word) or ABSENT
    return word if word in allowed else None


def is_done(cell: str) -> bool | None:
    """Whether the row is marked as done; None for a word that says neither."""
    word = unguarded(cell).strip().strip(_QUOTES + ". ").casefold()
    if word in _YES:
        return True
    return False if word in _NO else None


def passage_id(cell: str) -> str | None:
    """The id in a cell, zeros in front put back; None where it cannot be told.

    A number in scientific notation or with more digits than a spreadsheet keeps is none.
    """
    word = unguarded(cell).strip().strip(_QUOTES).casefold().removeprefix("p-")
    return word.zfill(16) if _PASSAGE_ID.fullmatch(word) else None


def letters_and_digits(text: str) -> str:
    """What is left of a text whatever became of its signs, spaces and capitals."""
    return "".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))


def same_words(one: str, other: str) -> bool:
    """Whether two cells tell the same passage, though signs were lost or put another way.

    Half of the words of the shorter must be in both: an emoji that became ``?`` is no matter,
    a row that slipped to another passage is.
    """
    first, second = _words(one), _words(other)
    return 2 * len(first & second) >= min(len(first), len(second))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))
