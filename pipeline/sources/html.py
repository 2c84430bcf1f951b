"""HTML → the plain text that a reader of the page sees."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.sources.raw import Raw

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# A page that was scrolled for hours has some megabytes.
MAX_PAGE_BYTES = 64 << 20
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
_TAG = re.compile(rb"<(/?)([a-z][^\s/>]*)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_AROUND_BREAK = re.compile(r" *\n *")
_UNSEEN = frozenset({"script", "style", "template", "noscript"})
_BLOCKS = frozenset({"blockquote", "p", "div", "pre", "li", "details", "summary"})


def parse(raw: Raw) -> LexborHTMLParser:
    """The page as a tree; raises InputError for one too big or too deeply nested to be a page."""
    from selectolax.lexbor import LexborHTMLParser

    with raw.utf8() as file:
        content = file.read(MAX_PAGE_BYTES + 1)
    if len(content) > MAX_PAGE_BYTES:
        raise InputError(f"{raw.path}: a web page of more than {MAX_PAGE_BYTES >> 20} MB; split it")
    if _is_costly(content):
        raise InputError(f"{raw.path}: a web page nested too deeply to be a page of posts")
    return LexborHTMLParser(content.decode("utf-8", "replace"))


def _is_costly(content: bytes) -> bool:
    """Whether a parser's work or its tree would be out of all proportion to the page."""
    allowed = MAX_OPENED_ANEW + len(content) // _BYTES_FOR_ONE
    opened: Counter[bytes] = Counter()
    depth = formatting = opened_anew = 0
    for closing, name in ((tag[1], tag[2].lower()) for tag in _TAG.finditer(content)):
        step = (-1 if opened[name] else 0) if closing else 1
        opened[name] += step
        depth += step if name in _NESTING else 0
        formatting += step if name in _FORMATTING else 0
        opened_anew += formatting
        if depth > MAX_DEPTH or opened_anew > allowed:
            return True
    return False


def plain_text(node: LexborNode) -> str:
    """Text below ``node``: white space folded as browsers do, line breaks and blocks as lines.

    Emoji that Telegram shows as pictures keep the character inside. Works without recursion.
    """
    parts: list[str] = []
    current = node.first_child
    while current is not None:
        tag = current.tag
        if tag == "-text":
            text = current.text_content or ""
            parent = current.parent
            in_pre = parent is not None and parent.tag == "pre"
            parts.append(text if in_pre else _SPACE.sub(" ", text))
        elif tag == "br" or (tag in _BLOCKS and parts):
            parts.append("\n")
        below = current.first_child if tag not in _UNSEEN else None
        current = below if below is not None else _following(current, node, parts)
    return _AROUND_BREAK.sub("\n", "".join(parts)).strip(" \n")


def _following(current: LexborNode, top: LexborNode, parts: list[str]) -> LexborNode | None:
    """The node that comes after all below ``current``; a block that ends on the way ends a line."""
    while current.next is None:
        parent = current.parent
        if parent is None or parent.mem_id == top.mem_id:
            return None
        if parent.tag in _BLOCKS:
            parts.append("\n")
        current = parent
    return current.next


def class_of(node: LexborNode) -> frozenset[str]:
    return frozenset((node.attributes.get("class") or "").split())


def inside(node: LexborNode, top: LexborNode, name: str) -> bool:
    """Whether an element of class ``name`` stands around ``node``, below ``top``."""
    parent = node.parent
    while parent is not None and parent.mem_id != top.mem_id:
        if name in class_of(parent):
            return True
        parent = parent.parent
    return False
