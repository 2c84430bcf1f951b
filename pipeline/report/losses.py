"""What was left out, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.report.wording import Words

REASONS = {
    "boilerplate": "Standing text that every post repeats, such as “subscribe to our channel”",
    "too_short": "Too short to judge",
    "link_only": "Nothing but a link",
    "hashtags": "Nothing but hashtags",
    "no_words": "No words, such as a row of signs or emoji",
    "introduction": "A title or an introduction, kept as the context of what follows it",
    "service": "A service message (somebody joined, a message was pinned)",
    "unsupported": "A message that the exporting program could not write down",
    "damaged": "Damaged in the file",
    "empty": "No text",
    "media_only": "No text: the meaning is in a picture, a video or another file",
    "poll": "A poll",
    "sticker": "A sticker",
    "superseded": "The same post again, or an earlier version of it",
    "edited_after_scoring": "A later edit of a post that had been scored; its earlier text counts",
}
# A reason with one of these words in its name says that the meaning was not in the text.
_PICTURES = {
    "media", "photo", "picture", "image", "video", "sticker", "animation", "gif", "voice", "audio",
    "album",
}  # fmt: skip
EXAMPLES = 3
MOST_REASONS = 40


@dataclass(frozen=True)
class Loss:
    """``pieces`` counts paragraphs and whole messages; ``posts`` the posts they came from."""

    reason: str
    words: str
    is_picture: bool
    pieces: int
    posts: int
    examples: tuple[str, ...]


def losses(dropped: pl.LazyFrame, words: Words) -> list[Loss]:
    """One entry a reason, the most frequent first."""
    text = pl.col("text").str.strip_chars()
    table = (
        dropped.group_by("reason")
        .agg(
            pieces=pl.len(),
            posts=pl.col("post_id").drop_nulls().n_unique(),
            examples=text.filter(text != "").str.slice(0, 160).unique().sort().head(EXAMPLES),
        )
        .sort("pieces", "reason", descending=[True, False])
        .head(MOST_REASONS)
        .collect(engine="streaming")
    )  # fmt: skip
    return [
        Loss(
            reason=row["reason"],
            words=in_words(row["reason"], words),
            is_picture=is_picture(row["reason"]),
            pieces=row["pieces"],
            posts=row["posts"],
            examples=tuple(row["examples"]),
        )
        for row in table.iter_rows(named=True)
    ]


def in_words(reason: str, words: Words) -> str:
    """A sentence's beginning for a reason; an unknown reason is spelt out."""
    if reason in REASONS:
        return words(REASONS[reason])
    return reason.replace("_", " ").capitalize()


def is_picture(reason: str) -> bool:
    return bool(_PICTURES & set(reason.split("_")))
