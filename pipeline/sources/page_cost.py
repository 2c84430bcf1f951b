"""Whether a parser's work or its tree would be out of all proportion to a page."""

from __future__ import annotations

import re
from collections import Counter

# A page of posts nests some twenty levels deep. For each of these elements an HTML parser looks
# through all that are open, so that its work grows with the square of the depth.
MAX_DEPTH = 1000
_NESTING = frozenset(
    b"address article aside blockquote center details dialog dir div dl fieldset figcaption figure "
    b"footer header hgroup listing main menu nav ol pre search section summary ul".split()
)
# Formatting that nobody closed is opened anew after every block that ends, so that the tree may
# grow with the square of the page. So many elements are allowed, and one more for a few bytes.
MAX_OPENED_ANEW = 1 << 20
_BYTES_FOR_ONE = 8
_FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())
# An element takes some hundred bytes of memory, with the text in it as much again.
MAX_ELEMENTS = 1_500_000
# Each attribute is compared with all others of its element.
MAX_COMPARISONS = 100_000_000
_FEW_ATTRIBUTES = 50
_TAG = re.compile(rb"<(/?)([a-z][^\s/>]*)", re.IGNORECASE)
# The rest of a tag of few attributes; nothing in it is tried in two ways.
_PLAIN = re.compile(
    rb"[^<>\"']{0,400}+>|(?:[\s/]*+[^\s/>][^\s/>=]*+"
    rb"(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+){0,40}+[\s/]*+>"
)
_ATTRIBUTE = re.compile(
    rb"[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:\"[^\"]*\"?|'[^']*'?|[^\s>]*))?", re.IGNORECASE
)


def why_costly(content: bytes) -> str | None:
    """What is wrong with the page, in words that go before 'to be a page of posts'."""
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
            return f"of more than {MAX_ELEMENTS:,} elements, too many"
        if tag.start() >= inside_until and not _PLAIN.match(content, tag.end()):
            inside_until, count = _attributes(content, tag.end())
            comparisons += count * count
            if comparisons > MAX_COMPARISONS:
                return "with too many attributes"
    return None


def _attributes(content: bytes, start: int) -> tuple[int, int]:
    """Where the attributes of a long tag end, and how many there are."""
    count = 0
    while found := _ATTRIBUTE.match(content, start):
        start, count = found.end(), count + 1
    return start, count if count > _FEW_ATTRIBUTES else 0
