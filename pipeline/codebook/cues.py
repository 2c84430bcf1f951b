"""Cues: words that indicate a codebook's frames, targets and rulings in a text.

A cue is one or more words. ``*`` at the end of a word matches any ending. A cue with a capital
letter is case-sensitive (``US`` does not match "us"); all others are case-insensitive.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

_TOKEN = re.compile(r"\w+|[^\w\s]")
_KEY = 3  # number of first characters in the cue index
_CUE_TOKEN = re.compile(r"\w+\*?|[^\w\s]")


class Mention(NamedTuple):
    """A cue found at ``text[start:end]``, and the number of the list that contains the cue."""

    start: int
    end: int
    number: int


class _Cue(NamedTuple):
    tokens: tuple[str, ...]
    case_sensitive: bool
    number: int


@dataclass(frozen=True)
class CueFinder:
    """Finds the cues of several lists in one pass over a text."""

    lists: Sequence[Sequence[str]]

    def find(self, text: str) -> list[Mention]:
        """Non-overlapping mentions from left to right. Of several cues at the same position, the
        one with most words is found, then the longest, then the one of the first list."""
        tokens = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]
        written = [token for token, _, _ in tokens]
        folded = [token.casefold() for token in written]
        found: list[Mention] = []
        at = 0
        while at < len(tokens):
            best = self._best(written, folded, at)
            if best is None:
                at += 1
                continue
            last = at + len(best.tokens) - 1
            found.append(Mention(tokens[at][1], tokens[last][2], best.number))
            at = last + 1
        return found

    def _best(self, written: list[str], folded: list[str], at: int) -> _Cue | None:
        for cue in self._candidates(written[at], folded[at]):
            own = (written if cue.case_sensitive else folded)[at : at + len(cue.tokens)]
            if len(own) == len(cue.tokens) and all(map(_fits, own, cue.tokens)):
                return cue
        return None

    def _candidates(self, written: str, folded: str) -> list[_Cue]:
        """Cues whose first word may match this word, best first."""
        beginnings = {word[:length] for word in (written, folded) for length in range(1, _KEY + 1)}
        found = [cue for key in beginnings for cue in self._first.get(key, ())]
        return sorted(dict.fromkeys(found), key=_rank) if len(found) > 1 else found

    @cached_property
    def _first(self) -> dict[str, list[_Cue]]:
        """First characters of the first word → cues."""
        table: dict[str, list[_Cue]] = defaultdict(list)
        for number, cues in enumerate(self.lists):
            for cue in cues:
                case_sensitive = cue != cue.casefold()
                tokens = tuple(_CUE_TOKEN.findall(cue if case_sensitive else cue.casefold()))
                if tokens:
                    table[tokens[0].rstrip("*")[:_KEY]].append(_Cue(tokens, case_sensitive, number))
        return dict(table)


def _rank(cue: _Cue) -> tuple[int, int, int]:
    return -len(cue.tokens), -sum(map(len, cue.tokens)), cue.number


def _fits(word: str, token: str) -> bool:
    return word.startswith(token[:-1]) if token.endswith("*") else word == token


def any_cue(cues: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern that matches any of the cues; None if there are no cues."""
    # Longest first, so that "european union" matches before a cue that is its prefix.
    ordered = sorted(cues, key=len, reverse=True)
    return re.compile("|".join(cue_pattern(cue).pattern for cue in ordered)) if ordered else None


def cue_pattern(cue: str) -> re.Pattern[str]:
    """A pattern that matches a cue as whole words."""
    words = r"\s+".join(re.escape(word).replace(r"\*", r"\w*") for word in cue.split())
    if cue == cue.casefold():
        words = f"(?i:{words})"
    return re.compile(rf"(?<!\w){words}(?!\w)")
