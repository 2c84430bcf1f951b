"""Identifies channels by number, username and title.

The *number* is stored bare (``1777000111``), in whatever form a source writes it
(``-1001777000111``, ``channel1777000111``). A name is a *username* only if the source says so; a
title is never taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")
_LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:t|telegram)\.(?:me|dog)/(?:s/)?(?:c/(\d+)|([A-Za-z]\w{3,31}))"
    r"(?:/(?:\d+/)?(\d+))?/?(?:[?#].*)?",
    re.IGNORECASE | re.ASCII,
)
_MARKED = re.compile(
    r"(?:-100(?=\d{6})|-|channel|chat|PeerChannel\(channel_id=)?(\d{1,19})(?:\.0|\))?"
)


class Names(NamedTuple):
    """The names of a channel in a source."""

    number: str | None = None
    username: str | None = None
    title: str | None = None


class Link(NamedTuple):
    """The content of a t.me URL; ``message`` is None for the URL of a channel."""

    names: Names
    message: str | None


def telegram_link(text: str) -> Link | None:
    found = _LINK.fullmatch(text.strip()) if len(text) < 300 else None
    if found is None or (found[2] or "").casefold() in {"joinchat", "addlist", "share"}:
        return None
    return Link(Names(number=found[1], username=found[2]), found[3])


def names_in(text: str, *, is_username: bool = False) -> Names:
    """Parse a channel's number, username or title; ``is_username`` allows a bare username."""
    bare = text.strip()
    link = telegram_link(bare)
    if link is not None:
        return link.names
    if bare.startswith("@") and _USERNAME.fullmatch(bare[1:]):
        return Names(username=bare[1:])
    number = _MARKED.fullmatch(bare)
    if number is not None:
        return Names(number=number[1])
    if is_username and _USERNAME.fullmatch(bare):
        return Names(username=bare)
    return Names(title=bare or None)


@dataclass(frozen=True)
class Channel:
    """A channel: ``key`` is used in post ids, ``shown`` in the ``channel`` column."""

    key: str
    shown: str
    username: str | None = None
    is_titled: bool = False  # only a title is known

    @classmethod
    def of(cls, names: Names, aliases: Mapping[str, str]) -> Channel | None:
        """The channel with these names, or None without names.

        The alias of the number, username or title (in this order) replaces all names. An alias in
        the form of a username is taken as one.
        """
        for known in filter(None, names):
            if (target := aliases.get(alias_key(known))) is not None:
                meant = names_in(target, is_username=True)
                name = meant.number or meant.username or target
                return cls(name, name, meant.username)
        key = names.username or names.number or names.title
        if key is None:
            return None
        shown = names.title or key
        is_titled = names.username is None and names.number is None
        return cls(key, shown, names.username, is_titled)

    def post_id(self, message: int | str) -> str:
        return f"{self.key}/{message}"

    def link(self, message: int | str) -> str | None:
        """The post's public URL, or None without a username."""
        return None if self.username is None else f"https://t.me/{self.username}/{message}"


def alias_table(aliases: Mapping[str, str]) -> dict[str, str]:
    """Aliases by normalised name (see :func:`alias_key`)."""
    return {alias_key(name): str(target).strip() for name, target in aliases.items()}


def alias_key(name: object) -> str:
    """The normalised form of a name: bare numbers, usernames without ``@``, case-folded."""
    names = names_in(str(name))
    return (names.number or names.username or names.title or "").casefold()
