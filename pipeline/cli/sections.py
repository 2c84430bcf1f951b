"""Sections of the settings that commands read."""

from __future__ import annotations

# What makes a result what it is, and whether it is tracked.
RESULT = (
    "experiment", "seed", "deterministic", "codebook", "ingest", "segment", "label", "labelled",
    "split", "backbone", "model", "train", "evaluate", "tracking",
)  # fmt: skip
# Posts of any collector, cut into passages.
POSTS = ("ingest", "segment")
# labels/ and the codebook it is coded under.
LABELS = ("label", "codebook")
EVERYTHING = (
    *RESULT, "out", "score", "runner", "queue", "report", "tune", "studio", "llm",
)  # fmt: skip
