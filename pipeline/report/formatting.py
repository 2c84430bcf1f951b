"""Formatting of numbers, dates and languages, and sanitising of untrusted text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from urllib.parse import urlsplit

LANGUAGES = {
    "en": "English", "ru": "Russian", "uk": "Ukrainian", "be": "Belarusian", "de": "German",
    "fr": "French", "es": "Spanish", "pt": "Portuguese", "it": "Italian", "pl": "Polish",
    "sr": "Serbian", "bg": "Bulgarian", "cs": "Czech", "sk": "Slovak", "hu": "Hungarian",
    "ro": "Romanian", "el": "Greek", "tr": "Turkish", "ar": "Arabic", "fa": "Persian",
    "he": "Hebrew", "hi": "Hindi", "ur": "Urdu", "bn": "Bengali", "id": "Indonesian",
    "ms": "Malay", "vi": "Vietnamese", "th": "Thai", "zh": "Chinese", "ja": "Japanese",
    "ko": "Korean", "sw": "Swahili", "am": "Amharic", "nl": "Dutch", "sv": "Swedish",
    "no": "Norwegian", "da": "Danish", "fi": "Finnish", "et": "Estonian", "lv": "Latvian",
    "lt": "Lithuanian", "ka": "Georgian", "hy": "Armenian", "az": "Azerbaijani", "kk": "Kazakh",
    "uz": "Uzbek", "ky": "Kyrgyz", "tg": "Tajik", "mn": "Mongolian", "und": "language unknown",
    "eo": "Esperanto", "la": "Latin", "ca": "Catalan", "hr": "Croatian", "sl": "Slovenian",
    "mk": "Macedonian", "sq": "Albanian", "ta": "Tamil", "ne": "Nepali", "": "language unknown",
}  # fmt: skip
_IRREGULAR = {"is": "are", "was": "were", "has": "have", "takes": "take"}

# Control characters, and marks that change the direction of the surrounding text.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_URL_PARTS = re.compile(r"[\s\\\"'<>`{}|^\x00-\x20]")


def number(value: float) -> str:
    return f"{value:,.0f}"


def plural(word: str, n: int) -> str:
    """``paragraph`` for one, ``paragraphs`` otherwise; knows a few irregular verbs."""
    if n == 1:
        return word
    return _IRREGULAR.get(word, word + "s")


def count(n: int, noun: str) -> str:
    """``1 paragraph``, ``1,234 paragraphs``, ``no paragraphs``."""
    return f"{number(n) if n else 'no'} {plural(noun, n)}"


def percent(share: float) -> str:
    """Whole percent; ``<1%`` and ``>99%`` where rounding would give a false 0% or 100%."""
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 <= share < 1:
        return ">99%"
    return f"{_half_up(share * 100)}%"


def interval(low: float, high: float) -> str:
    """``12% – 18%``; with one decimal if narrower than 3 points."""
    if high - low < 0.03 and high > low:
        return f"{low * 100:.1f}% – {high * 100:.1f}%"
    return f"{percent(low)} – {percent(high)}"


def _half_up(value: float) -> int:
    # As in page.js; Python's round() would give 12 for 12.5.
    return int(value + 0.5)


def of_all(n: int, total: int, noun: str) -> str:
    """``5 of the 12 paragraphs``, or ``about 12 in every 100 paragraphs`` from 100 on."""
    if total < 100 or n in (0, total):
        part = {0: "none", total: "all"}.get(n, number(n))
        return f"{part} of the {count(total, noun)}" if total != 1 else f"{n} of 1 {noun}"
    hundredths = n / total * 100
    if hundredths < 1:
        return f"fewer than 1 in every 100 {noun}s"
    if hundredths > 99:
        return f"more than 99 in every 100 {noun}s"
    return f"about {_half_up(hundredths)} in every 100 {noun}s"


def brief(n: int, total: int) -> str:
    """:func:`of_all` without the noun: ``5``, ``about 12 in every 100``."""
    return number(n) if total < 100 else of_all(n, total, "").rstrip(" s")


def day(when: date) -> str:
    return f"{when.day} {when:%B} {when.year}"


def year(when: date) -> str:
    return str(when.year)


def listing(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def language(code: str) -> str:
    return LANGUAGES.get(code, code)


def fit(text: str) -> str:
    """Remove control characters and bidirectional marks."""
    return _UNFIT.sub("", text)


def short(text: str, length: int) -> str:
    """Truncate to at most ``length`` code points, with an ellipsis."""
    text = fit(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def safe_url(url: str | None) -> str | None:
    """The URL if it is http or https, has a host and no user name; else None.

    None too for URLs with characters that could break out of an HTML attribute.
    """
    if not url or len(url) > 2000 or _URL_PARTS.search(url) or fit(url) != url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return url


def host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
