"""One key a question: digits for frames, letters for stance targets."""

from __future__ import annotations

from pipeline.codebook import Codebook

DIGITS = "1234567890"
# In the order of the keyboard; left out are the letters that do something else on the page.
LETTERS = "qwertyuiopasdfgm"


def assign(codebook: Codebook) -> dict[str, str]:
    """Question → key; "" for those that are left when all keys are taken.

    Frames beyond the digits take letters from the end, targets beyond the letters free digits.
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
