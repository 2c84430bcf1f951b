"""The page's texts in English or Russian. Posts and codebook definitions are not translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.codebook import Rule
from pipeline.report import formatting

LANGUAGES = ("en", "ru")
_CATALOG = Path(__file__).parent / "russian.yaml"


@cache
def catalog() -> Mapping[str, Any]:
    """``texts`` (English → Russian), ``nouns`` (one, two to four, five or more; genitive of one),
    ``months``, ``genitive_months``, ``languages``."""
    read: Mapping[str, Any] = yaml.safe_load(_CATALOG.read_text(encoding="utf-8"))
    return read


class Words:
    """``words("At least {n} posts", n=…)`` is the sentence in the page's language.

    The English text is the key; a text that is missing in the catalog raises KeyError. Raises
    ValueError for a language that is not in :data:`LANGUAGES`.
    """

    def __init__(self, language: str = "en") -> None:
        if language not in LANGUAGES:
            raise ValueError(f"unknown language of the page: {language!r}")
        self.code = language
        self._russian = catalog() if language == "ru" else None

    def __call__(self, english: str, /, **values: object) -> str:
        text = english if self._russian is None else self._russian["texts"][english]
        return text.format(**values) if values else str(text)

    def number(self, value: float) -> str:
        text = formatting.number(value)
        return text if self._russian is None else text.replace(",", "\u00a0")

    def percent(self, share: float) -> str:
        return formatting.percent(share)

    def interval(self, low: float, high: float) -> str:
        text = formatting.interval(low, high)
        return text if self._russian is None else text.replace(".", ",")

    def points(self, difference: float) -> str:
        """A difference of shares in percentage points, rounded up."""
        return str(max(1, -int(-difference * 100 // 1)))

    def count(self, n: int, noun: str) -> str:
        """``1 paragraph``, ``1,234 paragraphs``, or one of the three Russian forms."""
        if self._russian is None:
            return formatting.count(n, noun) if n else f"0 {noun}s"
        return f"{self.number(n)} {self._russian['nouns'][noun][_form(n)]}"

    def of(self, n: int, noun: str) -> str:
        """:meth:`count` in the genitive: ``из 21 абзаца``."""
        if self._russian is None:
            return self.count(n, noun)
        forms = self._russian["nouns"][noun]
        return f"{self.number(n)} {forms[3] if _form(n) == 0 else forms[2]}"

    def name(self, rule: Rule) -> str:
        """Name of a frame or target; in the codebook's first language if not in the page's."""
        return rule.name.get(self.code) or rule.display_name

    def language(self, code: str) -> str:
        if self._russian is not None and code in self._russian["languages"]:
            return str(self._russian["languages"][code])
        return formatting.language(code)

    def day(self, when: date) -> str:
        if self._russian is None:
            return formatting.day(when)
        return f"{when.day} {self._russian['genitive_months'][when.month - 1]} {when.year}"

    def year(self, when: date) -> str:
        return formatting.year(when)

    def month(self, when: date) -> str:
        if self._russian is None:
            return f"{when:%B} {when.year}"
        return f"{self._russian['months'][when.month - 1]} {when.year}"

    def short_day(self, when: date) -> str:
        if self._russian is None:
            return f"{when.day} {when:%b} {when.year % 100:02d}"
        return f"{when.day:02d}.{when.month:02d}.{when.year % 100:02d}"

    def short_month(self, when: date) -> str:
        if self._russian is None:
            return f"{when:%b} {when.year}"
        return f"{when.month:02d}.{when.year}"

    def listing(self, words: Sequence[str]) -> str:
        text = formatting.listing(words)
        return text if self._russian is None else ", ".join(filter(None, [
            ", ".join(words[:-2]), " и ".join(words[-2:])]))  # fmt: skip


def _form(n: int) -> int:
    """Index of the Russian noun form: 0 for 1, 21 …; 1 for 2 to 4, 22 …; else 2."""
    if n % 10 == 1 and n % 100 != 11:
        return 0
    return 1 if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else 2
