"""Whose post it is: a channel's number, username and title, and how they are joined.

A channel has up to three names. The *number* is bare (``1777000111``), however a source writes it
(``-1001777000111``, ``channel1777000111``). A *username* is one only where the source says so; a
title never becomes one, however much it looks like it.
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
    """What a source calls a channel."""

    number: str | None = None
    username: str | None = None
    title: str | None = None


class Link(NamedTuple):
    """What an address at t.me tells; ``message`` is None for a channel's own."""

    names: Names
    message: str | None


def telegram_link(text: str) -> Link | None:
    found = _LINK.fullmatch(text.strip()) if len(text) < 300 else None
    if found is None or (found[2] or "").casefold() in {"joinchat", "addlist", "share"}:
        return None
    return Link(Names(number=found[1], username=found[2]), found[3])


def names_in(text: str, *, is_username: bool = False) -> Names:
    """What ``text`` is of a channel; ``is_username`` where its source says that it is one."""
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
    """``key`` goes into post ids, ``shown`` into the column."""

    key: str
    shown: str
    username: str | None = None
    is_titled: bool = False  # nothing but a title is known

    @classmethod
    def of(cls, names: Names, aliases: Mapping[str, str]) -> Channel | None:
        """The channel of these names; None where there are none.

        The first of number, username and title that has an alias decides. An alias stands for all
        names of the channel, and one that has the form of a username is taken as that.
        """
        for known in filter(None, names):
            if (target := aliases.get(alias_key(known))) is not None:
                meant = names_in(target, is_username=True)
                counts = meant.number or meant.username or target
                return cls(counts, counts, meant.username)
        key = names.username or names.number or names.title
        if key is None:
            return None
        shown = names.title or key
        is_titled = names.username is None and names.number is None
        return cls(key, shown, names.username, is_titled)

    def post_id(self, message: int | str) -> str:
        return f"{self.key}/{message}"

    def link(self, message: int | str) -> str | None:
        """The post's public address; null where the source tells no username."""
        return None if self.username is None else f"https://t.me/{self.username}/{message}"


def alias_table(aliases: Mapping[str, str]) -> dict[str, str]:
    """Aliases under every spelling of their names."""
    return {alias_key(name): str(target).strip() for name, target in aliases.items()}


def alias_key(name: object) -> str:
    """A name as aliases compare it: numbers bare, usernames without ``@``, letters without case."""
    names = names_in(str(name))
    return (names.number or names.username or names.title or "").casefold()
