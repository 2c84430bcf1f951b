"""Removes copies of posts."""

from __future__ import annotations

import hashlib

import polars as pl

from pipeline.sources.records import TELEGRAM

_CHANNEL_AND_NUMBER = r"^[^/]+/\d+$"


def latest(posts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make each post_id unique: keep the latest edit, then the later row; and the superseded rows.

    Two rows with the same id are copies if they have the same channel and family of sources, or the
    same text; an id such as ``lamp/5`` contains its channel. Other rows share an id by accident
    (two channels in files without the channel's name): all are kept, the later ones with ``~`` and
    a digest of their text appended to the id. Kept rows stay in order. Superseded rows are
    [tables.Dropped] with the reason ``superseded``.
    """
    kept, superseded = without_copies(posts)
    if kept["post_id"].n_unique() == kept.height:
        return kept, superseded
    first = pl.col("post_id").is_first_distinct()
    renamed = kept.with_columns(
        pl.when(first)
        .then("post_id")
        .otherwise(pl.concat_str("post_id", pl.lit("~"), _digest_of_text()))
        .alias("post_id")
    )
    return renamed, superseded


def without_copies(posts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As :func:`latest`, but without changing ids."""
    if posts["post_id"].n_unique() == posts.height:
        return posts, _as_dropped(posts.clear())
    numbered = posts.with_row_index("row").filter(pl.col("post_id").is_duplicated())
    # Telegram ids begin with the channel, so its column may have the title or the number.
    names_its_channel = pl.col("post_id").str.contains(_CHANNEL_AND_NUMBER)
    is_nobodys = pl.col("post_id").str.starts_with("unknown/") | ~names_its_channel
    voice = (
        pl.when(pl.col("channel").is_null() & is_nobodys)
        .then(_digest_of_text())
        .when(pl.col("source") == TELEGRAM)
        .then(pl.lit(TELEGRAM))
        .otherwise(pl.concat_str(pl.col("source").fill_null(""), pl.lit("\x1f"), _channel()))
    )
    numbered = numbered.select("row", "post_id", "edited", "text", voice.alias("voice"))
    winners = numbered.sort("edited", "row", nulls_last=False).unique(
        ["post_id", "voice"], keep="last", maintain_order=True
    )
    winners = winners.unique(["post_id", "text"], keep="last", maintain_order=True)
    rows = numbered.join(winners, on="row", how="anti")["row"]
    is_superseded = pl.int_range(pl.len()).cast(rows.dtype).is_in(rows.implode())
    return posts.filter(~is_superseded), _as_dropped(posts.filter(is_superseded))


def _channel() -> pl.Expr:
    return pl.col("channel").fill_null("")


def _digest_of_text() -> pl.Expr:
    return pl.col("text").map_elements(_digest, return_dtype=pl.String)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _as_dropped(posts: pl.DataFrame) -> pl.DataFrame:
    return posts.select(
        "post_id",
        pl.lit(None, pl.Int32).alias("position"),
        pl.lit(None, pl.Int64).alias("start"),
        pl.lit(None, pl.Int64).alias("end"),
        "text",
        pl.lit("superseded").alias("reason"),
        "source_file",
    )
