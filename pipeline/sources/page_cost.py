"""Checks whether a page is too costly to parse, in time or memory."""

from __future__ import annotations

import re
from collections import Counter

# Pages of posts have about twenty levels. For each of these elements an HTML parser searches all
# open elements, so its time is quadratic in the depth.
MAX_DEPTH = 1000
_NESTING = frozenset(
    b"address article aside blockquote center details dialog dir div dl fieldset figcaption figure "
    b"footer header hgroup listing main menu nav ol pre search section summary ul".split()
)
# Unclosed formatting is reopened after every block, so the tree may be quadratic in the size of the
# page. This many reopened elements are allowed, plus one per _BYTES_FOR_ONE bytes.
MAX_OPENED_ANEW = 1 << 20
_BYTES_FOR_ONE = 8
_FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())
# An element takes some hundred bytes of memory, and its text about as many.
MAX_ELEMENTS = 1_500_000
# The parser compares each attribute with all others of its element.
MAX_COMPARISONS = 100_000_000
_FEW_ATTRIBUTES = 50
_TAG = re.compile(rb"<(/?)([a-z][^\s/>]*)", re.IGNORECASE)
# The rest of a tag with few attributes, without backtracking.
_PLAIN = re.compile(
    rb"[^<>\"']{0,400}+>|(?:[\s/]*+[^\s/>][^\s/>=]*+"
    rb"(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+){0,40}+[\s/]*+>"
)
_ATTRIBUTE = re.compile(
    rb"[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:\"[^\"]*\"?|'[^']*'?|[^\s>]*))?", re.IGNORECASE
)


def why_costly(content: bytes) -> str | None:
    """Why a page is too costly, to be followed by 'for a page of posts'; None if it is not."""
    allowed = MAX_OPENED_ANEW + len(content) // _BYTES_FOR_ONE
    opened: Counter[bytes] = Counter()
    depth = formatting = opened_anew = elements = comparisons = 0
    inside_until = 0
    for tag in _TAG.finditer(content):
        name = tag[2].lower()
        step = (-1 if opened[name] else 0) if tag[1] else 1
        opened[name] += step
        depth += step if name in _NESTING else 0
        formatting += step if name in _FORMATTING else 0
        opened_anew += formatting
        elements += not tag[1]
        if depth > MAX_DEPTH or opened_anew > allowed:
            return "nested too deeply"
        if elements > MAX_ELEMENTS:
            return f"with more than {MAX_ELEMENTS:,} elements, too many"
        if tag.start() >= inside_until and not _PLAIN.match(content, tag.end()):
            inside_until, count = _attributes(content, tag.end())
            comparisons += count * count
            if comparisons > MAX_COMPARISONS:
                return "with too many attributes"
    return None


def _attributes(content: bytes, start: int) -> tuple[int, int]:
    """End of the attributes of a long tag, and their number (0 if there are few)."""
    count = 0
    while found := _ATTRIBUTE.match(content, start):
        start, count = found.end(), count + 1
    return start, count if count > _FEW_ATTRIBUTES else 0
