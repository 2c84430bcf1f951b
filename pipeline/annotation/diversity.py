"""Diversity of a corpus: near-duplicates, shared phrases and openings, languages, lengths."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from pipeline.io import markdown
from pipeline.text.near_duplicates import families
from pipeline.text.passage_id import normalise

PHRASE_WORDS = 8
SHARED_BY = 10  # phrases in more passages than this are reported
OPENING_WORDS = 3
_SHOWN = 15
_WORD = re.compile(r"\w+")
TITLES = {
    "overview": "Overview",
    "languages": "Languages",
    "lengths": "Lengths in characters",
    "phrases": f"Phrases of {PHRASE_WORDS} words in more than {SHARED_BY} passages",
    "openings": f"Most frequent first {OPENING_WORDS} words",
    "families": "Largest families of near-duplicates",
}


def tables(texts: pl.DataFrame, *, similarity: float) -> dict[str, pl.DataFrame]:
    """The tables of ``rhetoric labels diversity`` by the keys of ``TITLES``.

    ``texts`` needs ``passage_id text language``; ``similarity`` is the threshold of
    near-duplicates.
    """
    words = [_WORD.findall(normalise(text).casefold()) for text in texts["text"]]
    family = pl.Series(
        "family", families(texts["text"].to_list(), similarity=similarity), pl.String
    )
    phrases = Counter(phrase for passage in words for phrase in set(_runs(passage)))
    shared = {phrase: n for phrase, n in phrases.items() if n > SHARED_BY}
    openings = Counter(" ".join(passage[:OPENING_WORDS]) for passage in words if passage)
    return {
        "overview": _overview(words, family, shared, openings),
        "languages": _counts(texts["language"].to_list(), "language"),
        "lengths": _lengths(texts),
        "phrases": _most(shared, "phrase"),
        "openings": _most({o: n for o, n in openings.items() if n > 1}, "opening"),
        "families": _largest(texts, family),
    }


def render(found: Mapping[str, pl.DataFrame]) -> str:
    """The tables as Markdown."""
    return "\n".join(markdown.section(TITLES[key], frame) for key, frame in found.items())


def _runs(words: Sequence[str]) -> Iterable[str]:
    for i in range(len(words) - PHRASE_WORDS + 1):
        yield " ".join(words[i : i + PHRASE_WORDS])


def _overview(
    words: list[list[str]], family: pl.Series, shared: Mapping[str, int], openings: Counter[str]
) -> pl.DataFrame:
    total = max(len(words), 1)
    sizes = family.value_counts()["count"]
    in_family = int(sizes.filter(sizes > 1).sum())
    with_phrase = sum(any(run in shared for run in _runs(passage)) for passage in words)
    repeated = sum(n for n in openings.values() if n > 1)
    rows = [
        ("passages", len(words), None),
        ("families", len(sizes), len(sizes) / total),
        ("passages with a near-duplicate", in_family, in_family / total),
        ("passages with a shared phrase", with_phrase, with_phrase / total),
        ("passages that open like another", repeated, repeated / total),
        ("different words", len({word for passage in words for word in passage}), None),
    ]
    return pl.DataFrame(
        rows, schema={"what": pl.String, "number": pl.Int64, "share": pl.Float64}, orient="row"
    )


def _counts(values: Sequence[str], name: str) -> pl.DataFrame:
    found = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return pl.DataFrame(
        [(value, n, n / len(values)) for value, n in found],
        schema={name: pl.String, "passages": pl.Int64, "share": pl.Float64},
        orient="row",
    )


def _most(counted: Mapping[str, int], name: str) -> pl.DataFrame:
    found = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    return pl.DataFrame(found, schema={name: pl.String, "passages": pl.Int64}, orient="row")


def _lengths(texts: pl.DataFrame) -> pl.DataFrame:
    length = pl.col("text").str.len_chars()
    quantiles = {
        "min": 0.0,
        "10%": 0.1,
        "25%": 0.25,
        "median": 0.5,
        "75%": 0.75,
        "90%": 0.9,
        "max": 1.0,
    }
    return (
        texts.group_by("language")
        .agg(
            pl.len().alias("passages"),
            *(length.quantile(q, "nearest").cast(pl.Int64).alias(n) for n, q in quantiles.items()),
        )
        .sort("language")
    )


def _largest(texts: pl.DataFrame, family: pl.Series) -> pl.DataFrame:
    return (
        texts.with_columns(family)
        .sort("passage_id")
        .group_by("family")
        .agg(
            passages=pl.len(),
            example=pl.col("passage_id").first(),
            begins=pl.col("text").first().str.slice(0, 60),
        )
        .filter(pl.col("passages") > 1)
        .sort("passages", "example", descending=[True, False])
        .head(_SHOWN)
        .select("example", "passages", "begins")
    )
