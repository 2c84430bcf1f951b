"""Notes on the posts and the model: title, summary line, caveats and provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.report.aggregates import Aggregates
from pipeline.report.dropped import DroppedReason
from pipeline.report.formatting import LANGUAGES, short
from pipeline.report.series import NAME_LENGTH
from pipeline.report.wording import Words


def title(given: str, channels: Sequence[str], words: Words) -> str:
    """``given``, or else a title made from the channel names."""
    if given or not channels:
        return given or words("Rhetoric and stance")
    named = [short(channel, NAME_LENGTH) for channel in channels[:3]]
    if len(channels) > 3:
        return words("Rhetoric of {n}", n=words.of(len(channels), "channel"))
    return words("Rhetoric of {names}", names=words.listing(named))


def span(aggregates: Aggregates, words: Words) -> str:
    """First and last date; only the years if the posts have no exact dates."""
    totals = aggregates.totals
    if totals.first is None or totals.last is None:
        return ""
    say = words.year if totals.year_only else words.day
    return " – ".join(dict.fromkeys((say(totals.first), say(totals.last))))


def lead(aggregates: Aggregates, read: int | None, words: Words) -> str:
    """Summary line: counts of paragraphs, posts and channels, and the dates. ``read`` counts all
    posts, including those without a paragraph to score, as ``rhetoric score`` prints it."""
    totals = aggregates.totals
    posts = words.count(totals.posts if read is None else read, "post")
    if read is not None and read > totals.posts:
        silent = words("{n} without a paragraph to score", n=words.number(read - totals.posts))
        posts += f" ({silent})"
    parts = [words.count(totals.paragraphs, "paragraph"), posts,
             words.count(totals.channels, "channel"), span(aggregates, words)]  # fmt: skip
    return " · ".join(filter(None, parts))


def remarks(
    aggregates: Aggregates, dropped: Sequence[DroppedReason] | None, words: Words
) -> list[str]:
    """A sentence each on undated, forwarded, dropped and unsupported paragraphs, if any."""
    totals = aggregates.totals
    found = []
    if totals.undated:
        found.append(words("Without a date, so not in any figure over time: {n}.",
                           n=words.count(totals.undated, "paragraph")))  # fmt: skip
    if totals.forwarded_posts:
        found.append(words("Forwarded from somebody else: {n}, {share} of all.",
                           n=words.count(totals.forwarded_posts, "post"),
                           share=words.percent(totals.forwarded_posts / totals.posts)))  # fmt: skip
    if dropped:
        found.append(words("Not scored: {n} (parts of posts or whole messages).",
                           n=words.count(sum(d.pieces for d in dropped), "piece")))  # fmt: skip
    pictures = sum(entry.pieces for entry in dropped or () if entry.is_picture)
    if pictures:
        found.append(words("Without text, because the content is in a picture, a video or a "
                           "recording: {n}; this report does not cover them.",
                           n=words.count(pictures, "message")))  # fmt: skip
    if totals.unsupported:
        found.append(_unsupported(aggregates, words))
    return found


def _unsupported(aggregates: Aggregates, words: Words) -> str:
    weak = aggregates.languages.filter(~pl.col("supported"))["language"].to_list()
    known = [words.language(c) for c in weak if c in LANGUAGES and c not in ("", "und")][:3]
    named = words.listing(known + ([words("others")] if len(weak) > len(known) else []))
    totals = aggregates.totals
    return words(
        "In languages that the model handles poorly or was not trained on ({named}): {n}, {share} "
        "of all; results for them are unreliable.",
        named=named, n=words.count(totals.unsupported, "paragraph"),
        share=words.percent(totals.unsupported / totals.paragraphs),
    )  # fmt: skip


def origin(
    aggregates: Aggregates, codebook_title: str, provenance: Mapping[str, Any], words: Words
) -> list[str]:
    """Sentences on source files, codebook and model; files are named without their folders."""
    about = provenance.get("about") or {}
    kept = about.get("model_provenance") or {}
    names = sorted({name.replace("\\", "/").rsplit("/", 1)[-1] for name in aggregates.source_files})
    shown = [short(name, NAME_LENGTH) for name in names[:10]]
    more = [words("{n} more", n=len(names) - 10)] if len(names) > 10 else []
    found = [words("Posts: {files}.", files=words.listing([*shown, *more]))] if names else []
    found.append(words(
        "Codebook: {title}, version {versions}.", title=codebook_title,
        versions=words.listing(aggregates.codebook_versions),
    ))  # fmt: skip
    model = words.listing(aggregates.model_versions)
    if kept.get("train_passages"):
        found.append(words(
            "Model: {model}, trained on {train}, evaluated on {dev} not used in training.",
            model=model,
            train=words.count(int(kept["train_passages"]), "passage"),
            dev=words.count(int(kept.get("dev_passages") or 0), "passage"),
        ))  # fmt: skip
    else:
        found.append(words("Model: {model}.", model=model))
    if provenance.get("truncated"):
        found.append(words("Truncated, because longer than the model's maximum length: {n}.",
                           n=words.count(int(provenance["truncated"]), "paragraph")))  # fmt: skip
    return found
