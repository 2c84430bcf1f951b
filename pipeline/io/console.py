"""Terminal output. Control characters in text from input files are escaped."""

from __future__ import annotations

import re
import sys

# Control characters (C0, DEL, C1) except line feed and tab, and surrogates, which streams cannot
# encode.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def say(text: str) -> None:
    """Print a line of results to standard output."""
    sys.stdout.write(legible(text) + "\n")


def warn(text: str) -> None:
    """Print a line about the run to standard error."""
    sys.stderr.write(legible(text) + "\n")


def legible(text: str) -> str:
    r"""The text with each control character replaced by its escape sequence, such as ``\x1b``."""
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
