"""Dev by voice: what some channels say is kept out of training, to judge by what is new to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from pipeline.errors import InputError

_NAMED = 20  # voices in an error


def said_by(
    voices: Sequence[str], texts: pl.DataFrame, free: Collection[str], component_of: dict[str, str]
) -> dict[str, str]:
    """Dev for the free passages of these voices and all free ones of their components; nothing
    without voices.

    Raises InputError for a voice that says none of the free passages.
    """
    if not voices:
        return {}
    spoken = texts.filter(pl.col("passage_id").is_in(sorted(free))).select("passage_id", "voice")
    spoken = spoken.drop_nulls("voice")
    unknown = sorted(set(voices).difference(spoken["voice"]))
    if unknown:
        counts = spoken["voice"].value_counts().sort("count", "voice", descending=[True, False])
        allowed = ", ".join(counts["voice"].head(_NAMED))
        raise InputError(
            f"split.dev_voices: no passage for dev is of {', '.join(unknown)}; "
            + (f"voices with most: {allowed}" if allowed else "no passage here has a voice")
        )
    own = spoken.filter(pl.col("voice").is_in(list(voices)))["passage_id"]
    touched = {component_of[key] for key in own}
    return {key: "dev" for key in free if component_of[key] in touched}
