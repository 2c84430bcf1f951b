"""Cues: words that indicate a codebook's frames, targets and rulings in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable


def any_cue(cues: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern that matches any of the cues in casefolded text; None if there are no cues."""
    # Longest first, so that "european union" matches before a cue that is its prefix.
    ordered = sorted(cues, key=len, reverse=True)
    return re.compile("|".join(cue_pattern(cue).pattern for cue in ordered)) if ordered else None


def cue_pattern(cue: str) -> re.Pattern[str]:
    """A pattern that matches a cue as whole words in casefolded text; ``*`` matches any ending."""
    words = [re.escape(word).replace(r"\*", r"\w*") for word in cue.casefold().split()]
    return re.compile(r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)")
