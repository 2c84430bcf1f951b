"""One key per question: digits for frames, letters for stance targets."""

from __future__ import annotations

from pipeline.codebook import Codebook

DIGITS = "1234567890"
# In keyboard order, without the letters that have other functions on the page.
LETTERS = "qwertyuiopasdfgm"


def assign(codebook: Codebook) -> dict[str, str]:
    """Question → key; "" once all keys are taken.

    More frames than digits take letters from the end; more targets than letters take free digits.
    """
    frames = [question.name for question in codebook.questions if not question.is_stance]
    targets = [question.name for question in codebook.questions if question.is_stance]
    letters = LETTERS[: len(targets)]
    spare = [letter for letter in reversed(LETTERS) if letter not in letters]
    for_frames = [*DIGITS, *spare]
    for_targets = [*letters, *DIGITS[len(frames) :]]
    keys: dict[str, str] = {}
    for names, free in ((frames, for_frames), (targets, for_targets)):
        keys |= {name: free[i] if i < len(free) else "" for i, name in enumerate(names)}
    return keys
