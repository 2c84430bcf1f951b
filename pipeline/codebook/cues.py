"""Cues: the words by which a codebook's frames, targets and rulings are found in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable


def any_cue(cues: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern for casefolded text that finds the first of several cues; None without any."""
    # Longest first, so that "european union" is one mention and not the start of another.
    ordered = sorted(cues, key=len, reverse=True)
    return re.compile("|".join(cue_pattern(cue).pattern for cue in ordered)) if ordered else None


def cue_pattern(cue: str) -> re.Pattern[str]:
    """Finds a cue as whole words in a casefolded text; ``*`` stands for any ending of a word."""
    words = [re.escape(word).replace(r"\*", r"\w*") for word in cue.casefold().split()]
    return re.compile(r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)")
