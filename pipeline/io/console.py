"""Where words go to the terminal. Strangers' words are among them, and stay words there."""

from __future__ import annotations

import re
import sys

# What a terminal obeys (C0, DEL, C1) except line feed and tab, and what no stream can encode.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def say(text: str) -> None:
    """A line of result, on standard output."""
    sys.stdout.write(legible(text) + "\n")


def warn(text: str) -> None:
    """A line about the work itself, on standard error."""
    sys.stderr.write(legible(text) + "\n")


def legible(text: str) -> str:
    r"""The text with ``\x1b`` written out in the place of an escape, and so for its like."""
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
