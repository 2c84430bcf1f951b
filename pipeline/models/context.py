"""The context of a passage that a model reads in addition to its text."""

from __future__ import annotations

import polars as pl

CONTEXTS = ("none", "before", "both")


def context_of(passages: pl.DataFrame, context: str) -> list[str]:
    """The context of each passage as one string, empty if there is none.

    ``none`` gives empty strings, ``before`` the previous paragraph (which may be the opening),
    ``both`` opening and previous paragraph. Raises ValueError for another option.
    """
    if context not in CONTEXTS:
        raise ValueError(f"context {context!r} is none of {CONTEXTS}")
    if context == "none":
        return [""] * passages.height
    openings, befores = passages["opening"].to_list(), passages["before"].to_list()
    if context == "before":
        return [before or opening for opening, before in zip(openings, befores, strict=True)]
    return [f"{o} {b}".strip() for o, b in zip(openings, befores, strict=True)]
