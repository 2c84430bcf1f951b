"""What was not scored, counted by reason."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.report.wording import Words

REASONS = {
    "boilerplate": "Boilerplate that every post repeats, such as “subscribe to our channel”",
    "too_short": "Too short to judge",
    "link_only": "Only a link",
    "hashtags": "Only hashtags",
    "no_words": "No words, for example only symbols or emoji",
    "introduction": "A title or an introduction, kept as context for what follows",
    "service": "A service message (somebody joined, a message was pinned)",
    "unsupported": "A message that the exporting program could not export",
    "damaged": "Damaged in the file",
    "empty": "No text",
    "media_only": "No text: the content is in a picture, a video or another file",
    "poll": "A poll",
    "sticker": "A sticker",
    "superseded": "A duplicate of a post, or an earlier version of it",
    "edited_after_scoring": "An edit made after the post was scored; the earlier text counts",
}
# Words in the names of reasons that mean that the content was not text.
_PICTURES = {
    "media", "photo", "picture", "image", "video", "sticker", "animation", "gif", "voice", "audio",
    "album",
}  # fmt: skip
EXAMPLES = 3
MOST_REASONS = 40


@dataclass(frozen=True)
class DroppedReason:
    """One reason; ``pieces`` counts paragraphs and whole messages, ``posts`` their posts."""

    reason: str
    text: str
    is_picture: bool
    pieces: int
    posts: int
    examples: tuple[str, ...]


def dropped_reasons(dropped: pl.LazyFrame, words: Words) -> list[DroppedReason]:
    """One entry per reason, the most frequent first."""
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
        DroppedReason(
            reason=row["reason"],
            text=reason_text(row["reason"], words),
            is_picture=is_picture(row["reason"]),
            pieces=row["pieces"],
            posts=row["posts"],
            examples=tuple(row["examples"]),
        )
        for row in table.iter_rows(named=True)
    ]


def reason_text(reason: str, words: Words) -> str:
    """The text for a reason; an unknown one is its name with spaces."""
    if reason in REASONS:
        return words(REASONS[reason])
    return reason.replace("_", " ").capitalize()


def is_picture(reason: str) -> bool:
    return bool(_PICTURES & set(reason.split("_")))
