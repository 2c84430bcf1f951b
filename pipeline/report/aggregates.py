"""Scores → the small tables behind the report. Paragraph texts are not loaded here.

The main table is the *cube*: counts by channel, period and language. Every figure and every filter
of the page sums rows of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import polars as pl

from pipeline.codebook import STANCES, Codebook
from pipeline.report.design_effects import DesignEffects, design_effects
from pipeline.report.periods import choose_unit
from pipeline.report.posts import by_post

# Size limits of the page: numbers in the cube, entries per list.
CUBE_NUMBERS = 400_000
CHANNELS = (250, 100, 50, 25, 10, 5)
LANGUAGES = 8
FORWARDS = 30
UNKNOWN_CHANNEL = "(no channel named)"
OTHER_CHANNELS = "(all other channels)"
OTHER_LANGUAGES = "(other)"


@dataclass(frozen=True)
class Totals:
    paragraphs: int
    posts: int
    channels: int
    undated: int
    any_frame: int
    unsupported: int
    forwarded_posts: int
    first: datetime | None
    last: datetime | None
    # Whether every date is the start of a year, which is how a date without month is stored.
    year_only: bool


@dataclass(frozen=True)
class Aggregates:
    """``cube`` has the columns ``channel period language`` and :func:`count_columns`; ``period`` is
    null for undated paragraphs. ``posts`` has one row per post
    (:func:`pipeline.report.posts.by_post`), with the unfolded channel name. ``channels``,
    ``languages`` and ``forwards`` are sorted by size."""

    totals: Totals
    unit: str
    cube: pl.DataFrame
    channels: list[str]
    posts: pl.DataFrame
    effects: DesignEffects
    mean_probability: dict[str, float]
    languages: pl.DataFrame
    forwards: pl.DataFrame
    source_files: list[str]
    model_versions: list[str]
    codebook_versions: list[str]


def frame_column(frame: str) -> str:
    return f"frame:{frame}"


def posts_column(frame: str) -> str:
    """Posts with the frame in at least one paragraph."""
    return f"posts:{frame}"


def pair_column(first: str, second: str) -> str:
    return f"pair:{first}+{second}"


def stance_column(target: str, stance: str) -> str:
    return f"stance:{target}={stance}"


def pairs(codebook: Codebook) -> list[tuple[str, str]]:
    return list(combinations(codebook.frame_codes, 2))


def count_columns(codebook: Codebook) -> list[str]:
    """The count columns of the cube, in the order that ``page.js`` expects: paragraphs, posts, the
    sum of squared paragraphs per post, paragraphs with any frame, paragraphs per frame, posts per
    frame, paragraphs per pair of frames, paragraphs per stance."""
    return [
        "n",
        "posts",
        "squares",
        "any",
        *(frame_column(frame) for frame in codebook.frame_codes),
        *(posts_column(frame) for frame in codebook.frame_codes),
        *(pair_column(*pair) for pair in pairs(codebook)),
        *(stance_column(t, s) for t in codebook.target_codes for s in STANCES),
    ]


def measure(scores: pl.LazyFrame, codebook: Codebook) -> Aggregates:
    """Every table of the report, in a few streaming passes over the scores."""
    frames = list(codebook.frame_codes)
    any_frame = pl.any_horizontal(frames).alias("any")
    totals = _totals(scores, any_frame)
    unit = choose_unit(
        totals.first, totals.last, paragraphs=totals.paragraphs, year_only=totals.year_only
    )
    named = scores.with_columns(
        any_frame,
        pl.col("channel").fill_null(UNKNOWN_CHANNEL),
        period=pl.col("published").dt.truncate(unit).dt.date(),
    )
    channels, kept_channels, kept_languages = _what_fits(named, len(count_columns(codebook)))
    posts = by_post(named, ["any", *frames])
    fold = [
        pl.when(pl.col("channel").is_in(kept_channels)).then("channel")
        .otherwise(pl.lit(OTHER_CHANNELS)).alias("channel"),
        pl.when(pl.col("language").is_in(kept_languages)).then("language")
        .otherwise(pl.lit(OTHER_LANGUAGES)).alias("language"),
    ]  # fmt: skip
    cube = _cube(named.with_columns(fold), posts.with_columns(fold), codebook)
    shown = kept_channels + ([OTHER_CHANNELS] if len(channels) > len(kept_channels) else [])
    means = scores.select(pl.col(f"{frame}_p").mean() for frame in frames)
    mean_row = means.collect(engine="streaming").row(0)
    return Aggregates(
        totals=totals,
        unit=unit,
        cube=cube,
        channels=shown,
        posts=posts,
        effects=design_effects(posts, ["any", *frames]),
        mean_probability={f: float(p or 0.0) for f, p in zip(frames, mean_row, strict=True)},
        languages=_languages(named),
        forwards=_forwards(named, frames),
        source_files=_distinct(scores, "source_file"),
        model_versions=_distinct(scores, "model_version"),
        codebook_versions=_distinct(scores, "codebook_version"),
    )


def _cube(scores: pl.LazyFrame, posts: pl.DataFrame, codebook: Codebook) -> pl.DataFrame:
    cell = ["channel", "period", "language"]
    paragraphs = scores.group_by(cell).agg(_counts(codebook)).collect(engine="streaming")
    by_cell = posts.group_by(cell).agg(
        pl.len().cast(pl.Int64).alias("posts"),
        (pl.col("paragraphs") ** 2).sum().alias("squares"),
        *(
            (pl.col(f) > 0).sum().cast(pl.Int64).alias(posts_column(f))
            for f in codebook.frame_codes
        ),
    )
    joined = paragraphs.join(by_cell, on=cell, how="full", coalesce=True, nulls_equal=True)
    counts = pl.col(count_columns(codebook)).fill_null(0)
    return joined.select(*cell, counts).sort(cell)


def _counts(codebook: Codebook) -> list[pl.Expr]:
    counts = [pl.len().alias("n"), pl.col("any").sum()]
    counts += [pl.col(f).sum().alias(frame_column(f)) for f in codebook.frame_codes]
    counts += [(pl.col(a) & pl.col(b)).sum().alias(pair_column(a, b)) for a, b in pairs(codebook)]
    counts += [
        (pl.col(f"stance_{target}") == stance).sum().alias(stance_column(target, stance))
        for target in codebook.target_codes
        for stance in STANCES
    ]
    return [count.cast(pl.Int64) for count in counts]


def _totals(scores: pl.LazyFrame, any_frame: pl.Expr) -> Totals:
    when = pl.col("published")
    row = (
        scores.select(
            paragraphs=pl.len(),
            posts=pl.col("post_id").n_unique(),
            channels=pl.col("channel").fill_null(UNKNOWN_CHANNEL).n_unique(),
            undated=when.null_count(),
            any_frame=any_frame.sum(),
            unsupported=(~pl.col("language_supported")).sum(),
            forwarded_posts=pl.col("post_id")
            .filter(pl.col("forwarded_from").is_not_null())
            .n_unique(),
            first=when.min(),
            last=when.max(),
            year_only=(when.drop_nulls() == when.drop_nulls().dt.truncate("1y")).all()
            & (when.count() > 0),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    return Totals(**row)


def _what_fits(named: pl.LazyFrame, width: int) -> tuple[list[str], list[str], list[str]]:
    """All channels, then the largest channels and languages that fit into the page."""
    cells = (
        named.group_by("channel", "period", "language")
        .agg(pl.len().alias("n"))
        .collect(engine="streaming")
    )
    channels = _by_size(cells, "channel")
    languages = _by_size(cells, "language")[:LANGUAGES]
    for limit in CHANNELS:
        kept = channels[:limit]
        rows = cells.select(
            pl.when(pl.col("channel").is_in(kept)).then("channel"), "period",
            pl.when(pl.col("language").is_in(languages)).then("language"),
        ).n_unique()  # fmt: skip
        if rows * width <= CUBE_NUMBERS:
            return channels, kept, languages
    return channels, channels[: CHANNELS[-1]], languages


def _by_size(cells: pl.DataFrame, column: str) -> list[str]:
    sizes = cells.group_by(column).agg(pl.col("n").sum())
    return sizes.sort("n", column, descending=[True, False])[column].to_list()


def _languages(named: pl.LazyFrame) -> pl.DataFrame:
    """``language supported n any``; a language is supported if all its paragraphs are."""
    return (
        named.group_by("language")
        .agg(
            supported=pl.col("language_supported").all(),
            n=pl.len(),
            any=pl.col("any").sum(),
        )
        .sort("n", "language", descending=[True, False])
        .collect(engine="streaming")
    )


def _forwards(named: pl.LazyFrame, frames: list[str]) -> pl.DataFrame:
    """The most frequent pairs: ``channel forwarded_from posts n`` and a count per frame."""
    return (
        named.filter(pl.col("forwarded_from").is_not_null())
        .group_by("channel", "forwarded_from")
        .agg(
            pl.col("post_id").n_unique().alias("posts"),
            pl.len().alias("n"),
            *(pl.col(frame).sum() for frame in frames),
        )
        .sort("posts", "channel", "forwarded_from", descending=[True, False, False])
        .head(FORWARDS)
        .collect(engine="streaming")
    )


def _distinct(scores: pl.LazyFrame, column: str) -> list[str]:
    values = scores.select(pl.col(column).unique()).collect(engine="streaming")[column]
    return values.drop_nulls().sort().to_list()
