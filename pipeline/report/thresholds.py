"""The decision thresholds, estimated from the scores."""

from __future__ import annotations

import polars as pl

from pipeline.codebook import Codebook


def thresholds(scores: pl.LazyFrame, codebook: Codebook) -> dict[str, float]:
    """Frame code or ``stance_<target>`` → the lowest probability of a positive decision.

    This is at or slightly above the model's threshold. Questions without a positive decision are
    missing.
    """
    lowest = [pl.col(f"{f}_p").filter(pl.col(f)).min().alias(f) for f in codebook.frame_codes]
    lowest += [
        pl.col(f"stance_{t}_p").filter(pl.col(f"stance_{t}") != "absent").min().alias(f"stance_{t}")
        for t in codebook.target_codes
    ]
    row = scores.select(lowest).collect(engine="streaming").row(0, named=True)
    return {question: float(value) for question, value in row.items() if value is not None}
