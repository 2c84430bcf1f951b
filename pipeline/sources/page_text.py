"""A channel's public page copied as plain text.

Such a copy has no ids and no dates. A post begins at a line ``Forwarded from …`` or at the
channel's name, and ends at a footer with views and time. Posts without any of these between them
are read as one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

from pipeline.sources.channels import Channel, Names
from pipeline.sources.raw import Raw
from pipeline.sources.records import TITLED, Post, Record, Rejected, content_id

# Maximum lines of a header.
_LONGEST_HEADER = 40
_SPACE = "[ \u00a0]"
_FORWARDED = re.compile(rf"(?:Forwarded from|Переслано из|Переслано от):?{_SPACE}+(\S.*)")
_COUNTER = re.compile(
    r"\d[\d.,  ]*[KMКМ]?\s+(?:subscribers?|members?|photos?|videos?|files?|links?|audios?|voices?|"
    r"подписчик\w*|участник\w*|фото\w*|видео\w*|файл\w*|ссыл\w*)"
)
_END_OF_HEADER = re.compile(
    r"Download Telegram|Скачать Telegram|Preview channel|About Blog Apps Platform"
)
_FOOTER = re.compile(
    r"\d[\d.,]*[KMКМ]?\s*(?:views?|просмотр\w*)\s*"
    r"(?:(?:edited|изменено)\s*)?(?:\d{1,2}:\d{2}(?:\s?[AP]M)?)?"
)
_MEDIA = re.compile(
    r"(?:Media is too big|VIEW IN TELEGRAM|Please open Telegram to view this post|"
    r"Это медиа недоступно в вашем браузере|Смотреть в Telegram)",
    re.IGNORECASE,
)


def is_page_text(head: str) -> bool:
    """Whether the first lines look like a channel's page."""
    lines = [line.strip() for line in head.splitlines()]
    counters = sum(bool(_COUNTER.fullmatch(line)) for line in lines[:30])
    return any(_FORWARDED.fullmatch(line) for line in lines) or counters >= 2


class PageText:
    """Records of a copied page; its header, footers and media placeholders are rejected."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def records(self, aliases: Mapping[str, str]) -> Iterator[Record]:
        lines = (line.rstrip("\n").removeprefix("\ufeff") for line in self.raw.lines())
        header, rest = _header(lines)
        name = next((line.strip() for line in header if line.strip()), None)
        if header:
            yield Rejected("page_header", "\n".join(header))
        draft = _Draft(name, Channel.of(Names(title=name), aliases))
        for line in itertools.chain(rest, lines):
            yield from draft.add(line)
        yield from draft.finished()


def _header(lines: Iterator[str]) -> tuple[list[str], list[str]]:
    """The lines of the page's header, and the lines after it that were read to find its end.

    The header ends before the first forwarded post, after "Download Telegram", or else after the
    last counter; a copy without counters has no header.
    """
    begun: list[str] = []
    last_counter = 0
    for line in itertools.islice(lines, _LONGEST_HEADER):
        begun.append(line)
        bare = line.strip()
        if _COUNTER.fullmatch(bare):
            last_counter = len(begun)
        elif last_counter and _FORWARDED.fullmatch(bare):
            return begun[:-1], begun[-1:]
        elif last_counter and _END_OF_HEADER.fullmatch(bare):
            return begun, []
        elif _FORWARDED.fullmatch(bare):
            break
    return begun[:last_counter], begun[last_counter:]


class _Draft:
    """The current post."""

    def __init__(self, name: str | None, channel: Channel | None) -> None:
        self.name = name
        self.channel = channel
        self.lines: list[str] = []
        self.placeholders: list[str] = []
        self.forwarded_from: str | None = None

    def add(self, line: str) -> Iterator[Record]:
        bare = line.strip()
        forwarded = _FORWARDED.fullmatch(bare)
        if forwarded:
            yield from self.finished()
            self.forwarded_from = forwarded[1].strip()
        elif self.name is not None and bare == self.name:
            yield from self.finished()
        elif _FOOTER.fullmatch(bare):
            self.placeholders.append(line)
            yield from self.finished()
        elif _MEDIA.fullmatch(bare):
            self.placeholders.append(line)
        else:
            self.lines.append(line)

    def finished(self) -> Iterator[Record]:
        """Yield the post so far, if not empty, and start a new one."""
        text = "\n".join(self.lines).strip("\n")
        has_media = any(_MEDIA.fullmatch(line.strip()) for line in self.placeholders)
        shown = self.channel.shown if self.channel else None
        post_id = content_id(shown, self.forwarded_from, text)
        if text.strip():
            yield Post(
                post_id=post_id,
                text=text,
                channel=shown,
                media="video" if has_media else None,
                forwarded_from=self.forwarded_from,
                source=TITLED,
            )
        elif has_media or self.forwarded_from:
            yield Rejected("media_only" if has_media else "empty")
        if self.placeholders and text.strip():
            yield Rejected("placeholder", "\n".join(self.placeholders), post_id)
        self.lines, self.placeholders, self.forwarded_from = [], [], None
