"""Dev by voice: all passages of some voices are held out of training."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from pipeline.errors import InputError

_NAMED = 20  # voices in an error


def dev_by_voice(
    voices: Sequence[str], texts: pl.DataFrame, free: Collection[str], component_of: dict[str, str]
) -> dict[str, str]:
    """Assigns dev to the free passages of these voices and of their components; empty without
    voices.

    Raises InputError for a voice without free passages.
    """
    if not voices:
        return {}
    of_voices = texts.filter(pl.col("passage_id").is_in(sorted(free))).select("passage_id", "voice")
    of_voices = of_voices.drop_nulls("voice")
    unknown = sorted(set(voices).difference(of_voices["voice"]))
    if unknown:
        counts = of_voices["voice"].value_counts().sort("count", "voice", descending=[True, False])
        allowed = ", ".join(counts["voice"].head(_NAMED))
        raise InputError(
            f"split.dev_voices: no passages of {', '.join(unknown)} for dev; "
            + (f"voices with most passages: {allowed}" if allowed else "no passage has a voice")
        )
    own = of_voices.filter(pl.col("voice").is_in(list(voices)))["passage_id"]
    touched = {component_of[key] for key in own}
    return {key: "dev" for key in free if component_of[key] in touched}
