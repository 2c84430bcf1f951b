"""Boilerplate lines: pointers to a full text, links, tags, calls to subscribe."""

from __future__ import annotations

import re

# Longest line that is checked, in characters; no pointer or tag line is longer.
_LONGEST = 160
# Text shorter than this beside a link is only its label: "Registration: https://…".
_LABEL = 25

_URL = re.compile(
    r"(?:https?://|www\.|(?:t\.me|vk\.com|youtu\.be|rutube\.ru|clck\.ru|bit\.ly)/)\S+", re.I
)
_TAG = re.compile(r"#\w+")
_MENTION = re.compile(r"(?<!\w)@\w+")
_WORD = re.compile(r"[^\W_]")
# Emoji, arrows, bullets and punctuation around the words of a pointer.
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")

# What may follow a pointer: "… here", "… on our website". A pointer never contains a sentence.
_REST = r"[^.!?]{0,60}"
_TAIL = rf"""(?:[\s,:–—-]+(?:
    here|below|now|live|online|at|on|in\ full|in\ the|in\ our|via|by|from|this|link|following
    )\b{_REST})?"""
_RUSSIAN_TAIL = rf"""(?:[\s,:–—-]+(?:
    здесь|тут|ниже|далее|по|на|в|во|у|из|к|от|и|нашем|наш|сайте|ссылке|полностью
    )\b{_REST})?"""
_FEW_WORDS = r"(?:\s*[^\s.!?]+){0,5}"
_WORK = (
    r"(?:article|interview|statement|text|transcript|video|photos?|recording|document|report|"
    r"speech|broadcast|remarks|version|story)"
)
_POINTERS = (
    rf"read\ (?:more|on|further|in\ full|full|it\ in\ full|here){_TAIL}",
    rf"read\ (?:(?:the|our|his|her|this|a)\ )?(?:full|complete|entire|original|whole){_REST}",
    rf"(?:the\ )?(?:full|complete)\ {_WORK}{_TAIL}",
    rf"(?:read|watch|listen\ to|see|view|download)\ (?:the\ )?{_WORK}{_TAIL}",
    rf"(?:watch|listen|download|details|more\ details|more|learn\ more|find\ out\ more){_TAIL}",
    rf"(?:continue\ reading|see\ more|more\ information|source){_TAIL}",
    rf"(?:please\ )?(?:subscribe|follow\ us|stay\ tuned|share\ (?:this|it|with))\b{_REST}",
    rf"join\ us\ (?:on|at|here|now|via|in\ (?:our|telegram|max))\b{_REST}",
    rf"(?:our|наш\w?)\ (?:channel|website|page|канал|сайт|групп\w|страниц\w)\b{_FEW_WORDS}",
    r"(?:photo|video|image|credit)s?(?:\ by)?\s?[:©](?:\s*\S+){0,5}",
    rf"source\s?:{_FEW_WORDS}",
    r"media\ is\ too\ big|view\ in\ telegram|please\ open\ telegram\ to\ view\ this\ post",
    rf"""(?:читать|читайте|прочитать|смотреть|смотрите|слушать|слушайте)
        (?:\ (?:полностью|далее|дальше|целиком|подробнее|также|ещё|еще|здесь|тут|онлайн))*
        {_RUSSIAN_TAIL}""",
    rf"(?:подробнее|подробности|полностью|далее|продолжение|источник|ссылка){_RUSSIAN_TAIL}",
    rf"""полн(?:ый|ая|ое|ую)\ (?:
        текст|верси[яю]|стенограмм[ау]|видео|интервью|запись|стать[яю]|выступление
        )\b{_FEW_WORDS}""",
    rf"(?:подписаться|подпи[сш]\w+тесь|подпишись|присоединяйтесь|следите\ за)\b{_REST}",
    r"(?:фото|видео|источник|снимок)\s?[:©](?:\s*\S+){0,5}",
    r"это\ медиа\ недоступно\ в\ вашем\ браузере|смотреть\ в\ telegram",
)
_POINTER = re.compile("|".join(_POINTERS), re.IGNORECASE | re.VERBOSE)

_LIST_TITLE = re.compile(
    r"""(?:(?:key|main|some|talking)\ )*(?:points|takeaways|messages|quotes|theses|highlights|facts)
    |namely|among\ them|in\ particular|including|specifically
    |(?:(?:ключевые|основные|главные|некоторые)\ )?(?:тезисы|моменты|цитаты|положения|пункты|факты)
    |главное|в\ частности|в\ том\ числе|среди\ них|а\ именно|из\ выступления""",
    re.IGNORECASE | re.VERBOSE,
)


def reason_to_drop(line: str) -> str | None:
    """Why a cleaned line is dropped, or None if it is kept.

    ``no_words`` (emoji, rulers), ``link_only``, ``hashtags`` (tags and mentions alone),
    ``boilerplate`` (a pointer or a call to subscribe).
    """
    if len(line) > _LONGEST:
        return None
    if not _WORD.search(line):
        return "no_words"
    rest = _URL.sub(" ", line)
    has_link = rest != line
    if has_link and len(_EDGES.sub("", rest)) < _LABEL:
        return "link_only"
    if "#" in rest or "@" in rest:
        rest = _MENTION.sub(" ", _TAG.sub(" ", rest))
        if not _WORD.search(rest):
            return "link_only" if has_link else "hashtags"
    rest = _EDGES.sub("", rest)
    return "boilerplate" if _POINTER.fullmatch(rest) else None


def is_list_title(line: str) -> bool:
    """Whether a line only announces a list ("Key points:") without saying what it is about."""
    return _LIST_TITLE.fullmatch(_EDGES.sub("", line)) is not None
