"""What is wrong with the words of a command line, told from what is wrong with the data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import InputError

SHOWN_CHARACTERS = 80


class UsageError(InputError):
    """A command got a word that it does not take, or lacks one that it needs; exit code 2."""

    def __init__(self, command: str, message: str) -> None:
        super().__init__(message)
        self.command = command


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in a command of which more can be said than that it was interrupted."""


@contextmanager
def resumable(how: str = "the same command goes on from here") -> Iterator[None]:
    """For commands that find their finished work again: Ctrl-C then says how to go on."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted(how) from error


def shown(word: str) -> str:
    """A word as a message shows it: not longer than a line."""
    return word if len(word) <= SHOWN_CHARACTERS else f"{word[:SHOWN_CHARACTERS]}…"
