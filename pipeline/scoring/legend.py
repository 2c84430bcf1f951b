"""Descriptions of the columns of the Scores table, for readers of an export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.codebook import Codebook

_CONTEXT = {
    "post_id": "The post's id in its source",
    "paragraph_id": "The id of the paragraph: post and position",
    "passage_id": "The id of the passage; paragraphs with the same text and context share it",
    "position": "The position of the paragraph in its post, from 0",
    "channel": "The channel that published the post",
    "published": "When the post was published, UTC",
    "language": "The detected language",
    "forwarded_from": "Where the post was forwarded from",
    "url": "The URL of the post",
    "source_file": "The file that the post was read from",
    "text": "The text of the paragraph",
    "language_supported": "Whether the model supports this language",
    "model_version": "The version of the model",
    "codebook_version": "The version of the codebook",
}


def legend(columns: Sequence[str], codebook: Codebook) -> Iterator[tuple[str, str, str]]:
    """Column, display name and description of each column, in order."""
    meanings = {column: ("", meaning) for column, meaning in _CONTEXT.items()}
    for frame in codebook.frames:
        code, name = frame.code, frame.display_name
        meanings |= {
            code: (name, frame.definition),
            f"{code}_p": (name, "Probability of the frame, 0 to 1"),
            f"evidence_{code}": (name, "The sentence that carries the frame, where it is present"),
            f"evidence_{code}_start": (name, "Where that sentence begins in the text, from 0"),
            f"evidence_{code}_end": (name, "Where it ends, exclusive"),
        }
    for target in codebook.targets:
        code, name = f"stance_{target.code}", target.display_name
        meanings |= {
            code: (name, "Stance toward the target: against, neutral, favour or absent"),
            f"{code}_p": (name, "Probability of the stance; if absent, of the most probable one"),
        }
    for column in columns:
        yield (column, *meanings.get(column, ("", "")))
