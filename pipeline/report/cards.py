"""A paragraph as the page shows it: truncated, evidence marked, text sanitised."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.report.aggregates import OTHER_CHANNELS, OTHER_LANGUAGES, UNKNOWN_CHANNEL
from pipeline.report.formatting import fit, host, safe_url, short
from pipeline.report.selection import Shown
from pipeline.report.wording import Words

# Longer paragraphs are shown as a window around the evidence.
LENGTH = 1200
_LEAD = 400
_NAME = 60
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Axes:
    """Values of the page's filters; a card stores indexes into these lists.

    With ``year_only`` a card shows only the year of its post.
    """

    channels: Sequence[str]
    languages: Sequence[str]
    periods: Sequence[date]
    year_only: bool = False


@dataclass(frozen=True)
class Card:
    """``before + evidence + after`` is the text. ``channel``, ``language`` and ``period`` index the
    :class:`Axes`; -1 means none. ``threshold`` is None where it is not known."""

    kind: str
    spare: bool
    channel: int
    language: int
    period: int
    before: str
    evidence: str
    after: str
    lang: str | None
    channel_name: str
    language_name: str
    day: str | None
    forwarded_from: str | None
    url: str | None
    host: str | None
    certainty: str
    threshold: str | None
    copies: int


def card(shown: Shown, axes: Axes, words: Words, threshold: float | None = None) -> Card:
    channel = UNKNOWN_CHANNEL if shown.channel is None else shown.channel
    before, evidence, after = window(shown.text, *_span(shown))
    url = safe_url(shown.url)
    when = words.year if axes.year_only else words.day
    return Card(
        kind=shown.kind,
        spare=shown.spare,
        channel=_place(channel, axes.channels, OTHER_CHANNELS),
        language=_place(shown.language, axes.languages, OTHER_LANGUAGES),
        period=_period(shown, axes.periods),
        before=fit(before),
        evidence=fit(evidence),
        after=fit(after),
        lang=shown.language if _LANGUAGE_TAG.fullmatch(shown.language) else None,
        channel_name=short(channel, _NAME),
        language_name=short(words.language(shown.language), _NAME),
        day=when(shown.published) if shown.published is not None else None,
        forwarded_from=short(shown.forwarded_from, _NAME) if shown.forwarded_from else None,
        url=url,
        host=short(host(url), 40) if url else None,
        certainty=words.percent(shown.probability),
        threshold=None if threshold is None else words.percent(threshold),
        copies=shown.copies,
    )


def _span(shown: Shown) -> tuple[int, int]:
    """Offsets of the evidence; (0, 0) if there is none or the offsets do not fit the text."""
    start, end = shown.start, shown.end
    if shown.evidence is None or start is None or end is None:
        return 0, 0
    return (start, end) if 0 <= start < end <= len(shown.text) else (0, 0)


def window(text: str, start: int, end: int) -> tuple[str, str, str]:
    """Split the text into three parts around ``text[start:end]``, at most :data:`LENGTH` long.

    An ellipsis marks a cut; a longer middle part is cut at its end.
    """
    if len(text) <= LENGTH:
        return text[:start], text[start:end], text[end:]
    first = max(0, min(start - _LEAD, len(text) - LENGTH)) if end else 0
    last = first + LENGTH
    before, middle, after = (
        text[first:start],
        text[start : min(end, last)],
        text[max(end, start) : last],
    )
    if not end:
        before, middle, after = "", "", text[first:last]
    return ("…" if first else "") + before, middle, after + ("…" if last < len(text) else "")


def _place(value: str, values: Sequence[str], other: str) -> int:
    """Index of ``value``, else of ``other`` (the entry for the rest), else -1."""
    wanted = value if value in values else other
    return list(values).index(wanted) if wanted in values else -1


def _period(shown: Shown, periods: Sequence[date]) -> int:
    if shown.published is None:
        return -1
    return bisect_right(periods, shown.published.date()) - 1
