"""Ordering of codebook versions: 1.2 is earlier than 1.10.

The first number increases when the meaning of a question changes, the second when a rule or ruling
changes the answers for some passages, the third for wording that changes no answers.
"""

from __future__ import annotations

import re
from functools import lru_cache

_VERSION = re.compile(r"\d{1,9}(\.\d{1,9})*")


@lru_cache
def numbers(version: str) -> tuple[int, ...] | None:
    """The numbers of a version, without trailing zeros; None if it is not numeric."""
    if not _VERSION.fullmatch(version) or not version.isascii():
        return None
    found = [int(part) for part in version.split(".")]
    while len(found) > 1 and found[-1] == 0:
        found.pop()
    return tuple(found)


def earlier(version: str, other: str) -> bool:
    """Whether a version precedes another; False if either is not numeric."""
    first, second = numbers(version), numbers(other)
    return first is not None and second is not None and first < second


def breaks(version: str, other: str) -> bool:
    """Whether the first number is higher in ``other``; False if either is not numeric."""
    first, second = numbers(version), numbers(other)
    return first is not None and second is not None and first[0] < second[0]
