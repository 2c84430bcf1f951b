"""Versions of a codebook, put in order: 1.2 is earlier than 1.10.

The first number is raised when a question comes to mean something else, the second when a rule or
ruling decides some passages otherwise, a third for wording that changes no answer.
"""

from __future__ import annotations

import re

_VERSION = re.compile(r"\d{1,9}(\.\d{1,9})*")


def numbers(version: str) -> tuple[int, ...] | None:
    """The numbers of a version, zeros at its end left out; None for one that is not of numbers."""
    if not _VERSION.fullmatch(version) or not version.isascii():
        return None
    found = [int(part) for part in version.split(".")]
    while len(found) > 1 and found[-1] == 0:
        found.pop()
    return tuple(found)


def earlier(version: str, other: str) -> bool:
    """Whether a version came before another; False where either is not of numbers."""
    first, second = numbers(version), numbers(other)
    return first is not None and second is not None and first < second


def breaks(version: str, other: str) -> bool:
    """Whether the first number was raised on the way from a version to a later one."""
    first, second = numbers(version), numbers(other)
    return first is not None and second is not None and first[0] < second[0]
