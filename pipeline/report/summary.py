"""The summary: a few sentences that anybody can read out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.codebook import STANCES, Codebook
from pipeline.evaluation.intervals import wilson
from pipeline.report.aggregates import (
    OTHER_CHANNELS,
    Aggregates,
    frame_column,
    pair_column,
    pairs,
    stance_column,
)
from pipeline.report.formatting import (
    LANGUAGES,
    brief,
    count,
    day,
    language,
    listing,
    number,
    of_all,
    plural,
    year,
)
from pipeline.report.losses import Loss

# Said only of what rests on so many paragraphs.
ENOUGH = 30


def summarise(
    aggregates: Aggregates,
    codebook: Codebook,
    lost: list[Loss] | None,
    corrected: Sequence[str] = (),
) -> list[str]:
    """Sentences in the order of the report; those that would say nothing are left out.

    ``corrected`` are those about shares corrected for the classifier's mistakes.
    """
    if not aggregates.totals.paragraphs:
        return ["No paragraphs were scored, so there is nothing to report.", *_left_out(lost)]
    return [
        *_read(aggregates),
        *_frames(aggregates, codebook),
        *corrected,
        *_change(aggregates, codebook),
        *_channels(aggregates),
        *_stances(aggregates, codebook),
        *_together(aggregates, codebook),
        *_forwarded(aggregates),
        *_left_out(lost),
        *_weak(aggregates),
    ]


def _name(codebook: Codebook, code: str) -> str:
    rules = {rule.code: rule.name["en"] for rule in codebook.frames + codebook.targets}
    return rules[code]


def _read(aggregates: Aggregates) -> list[str]:
    totals = aggregates.totals
    sentence = (
        f"This report reads {count(totals.paragraphs, 'paragraph')} from "
        f"{count(totals.posts, 'post')} of {count(totals.channels, 'channel')}"
    )
    if totals.first is not None and totals.last is not None:
        say = year if totals.year_only else day
        first, last = say(totals.first), say(totals.last)
        sentence += (
            f", published on {first}"
            if first == last
            else f", published between {first} and {last}"
        )
    sentence += "."
    if totals.undated == totals.paragraphs:
        return [f"{sentence} None of them has a date, so nothing is said about change over time."]
    if totals.undated:
        n = totals.undated
        sentence += f" {count(n, 'paragraph').capitalize()} {plural('has', n)} no date."
    return [sentence]


def _frames(aggregates: Aggregates, codebook: Codebook) -> list[str]:
    n = aggregates.totals.paragraphs
    counts = {f: int(aggregates.cube[frame_column(f)].sum()) for f in codebook.frame_codes}
    found = sorted((f for f in counts if counts[f]), key=lambda f: -counts[f])
    asked = f"the {len(counts)} ways of speaking (frames) that were looked for"
    if not found:
        return [f"None of {asked} was found in any of them."]
    some = of_all(aggregates.totals.any_frame, n, "paragraph")
    sentence = f"At least one of {asked} was found in {some}."
    first, *others = found[:3]
    top = [f"{_name(codebook, first)} ({of_all(counts[first], n, 'paragraph')})"]
    top += [f"{_name(codebook, f)} ({brief(counts[f], n)})" for f in others]
    sentence += f" Most often found: {listing(top)}."
    never = [_name(codebook, f) for f in counts if not counts[f]]
    return [sentence + (f" Never found: {listing(never)}." if never else "")]


def _change(aggregates: Aggregates, codebook: Codebook) -> list[str]:
    """The frame whose share changed most from the earlier to the later half of the periods, when
    the two intervals do not meet, of those that hold for all frames at once."""
    dated = aggregates.cube.filter(pl.col("period").is_not_null())
    periods = dated["period"].unique().sort()
    if len(periods) < 4:
        return []
    middle = periods[len(periods) // 2]
    halves = [dated.filter(pl.col("period") < middle), dated.filter(pl.col("period") >= middle)]
    sizes = [int(half["n"].sum()) for half in halves]
    if min(sizes) < ENOUGH:
        return []
    best: tuple[float, str, int, int] | None = None
    looked_at = 2 * len(codebook.frame_codes)
    for frame in codebook.frame_codes:
        early, late = (int(half[frame_column(frame)].sum()) for half in halves)
        effect = aggregates.design_effects[frame]
        before = wilson(early, sizes[0], effect, beside=looked_at)
        after = wilson(late, sizes[1], effect, beside=looked_at)
        gap = abs(late / sizes[1] - early / sizes[0])
        apart = before.high < after.low or after.high < before.low
        if apart and (best is None or gap > best[0]):
            best = (gap, frame, early, late)
    if best is None:
        return [
            "No frame became clearly more or less frequent from the earlier to the later half "
            "of the time."
        ]
    _, frame, early, late = best
    word = "grew" if late / sizes[1] > early / sizes[0] else "shrank"
    return [
        f"The clearest change over time: {_name(codebook, frame)} {word} from "
        f"{of_all(early, sizes[0], 'paragraph')} before {day(middle)} to "
        f"{of_all(late, sizes[1], 'paragraph')} from then on."
    ]  # fmt: skip


def _channels(aggregates: Aggregates) -> list[str]:
    """The channels surely densest and sparsest in frames; nothing when chance may decide it."""
    effect = aggregates.design_effects["any"]
    sums = aggregates.cube.filter(pl.col("channel") != OTHER_CHANNELS).group_by("channel")
    table = sums.agg(pl.col("n", "any").sum()).filter(pl.col("n") >= ENOUGH).sort("channel")
    ranges = {
        row["channel"]: (
            wilson(row["any"], row["n"], effect, beside=table.height),
            row["any"],
            row["n"],
        )
        for row in table.iter_rows(named=True)
    }
    if len(ranges) < 2:
        return []
    first = max(ranges, key=lambda channel: ranges[channel][0].low)
    last = min(ranges, key=lambda channel: ranges[channel][0].high)
    (high, many, of_many), (low, few, of_few) = ranges[first], ranges[last]
    if high.low <= low.high:
        return ["No channel is surely richer in frames than another."]
    return [
        f"Among channels with {ENOUGH} paragraphs and more, frames are densest in {first} "
        f"({of_all(many, of_many, 'paragraph')} with at least one) and sparsest in {last} "
        f"({of_all(few, of_few, 'paragraph')})."
    ]


def _stances(aggregates: Aggregates, codebook: Codebook) -> list[str]:
    """The target for which against outweighs favour most, and the one for which favour does."""
    counts = {
        target: {s: int(aggregates.cube[stance_column(target, s)].sum()) for s in STANCES}
        for target in codebook.target_codes
    }
    sentences = []
    for words, own, other in (("against", "against", "favour"), ("well of", "favour", "against")):
        lead = {target: n[own] - n[other] for target, n in counts.items()}
        target = max(lead, key=lead.__getitem__, default=None)
        if target is None or lead[target] <= 0:
            continue
        n, spoken = counts[target][own], sum(counts[target].values())
        sentences.append(
            f"Most clearly spoken {words}: {_name(codebook, target)} ({number(n)} of the "
            f"{count(spoken, 'paragraph')} that {plural('takes', spoken)} it up)."
        )
    return [" ".join(sentences)] if sentences else []


def _together(aggregates: Aggregates, codebook: Codebook) -> list[str]:
    counts = {pair: int(aggregates.cube[pair_column(*pair)].sum()) for pair in pairs(codebook)}
    if not counts or not max(counts.values()):
        return []
    first, second = max(counts, key=lambda pair: counts[pair])
    n = counts[first, second]
    return [
        f"The two frames that most often stand together are {_name(codebook, first)} and "
        f"{_name(codebook, second)}: in {count(n, 'paragraph')}."
    ]


def _forwarded(aggregates: Aggregates) -> list[str]:
    n, posts = aggregates.totals.forwarded_posts, aggregates.totals.posts
    if not n:
        return []
    return [f"Passed on from somebody else: {of_all(n, posts, 'post')}."]


def _left_out(lost: list[Loss] | None) -> list[str]:
    if not lost:
        return []
    pieces = sum(loss.pieces for loss in lost)
    reason = lost[0].words[0].lower() + lost[0].words[1:]
    sentence = (
        f"{count(pieces, 'piece').capitalize()} (parts of posts or whole messages) "
        f"{plural('was', pieces)} left out before reading; the most frequent reason: {reason}."
    )
    pictures = sum(loss.pieces for loss in lost if loss.is_picture)
    if pictures:
        sentence += (
            f" Of these, {number(pictures)} {plural('has', pictures)} no text to read, because the "
            "meaning is in a picture, a video or a recording; this report knows nothing about them."
        )
    return [sentence]


def _weak(aggregates: Aggregates) -> list[str]:
    n = aggregates.totals.unsupported
    if not n:
        return []
    weak = aggregates.languages.filter(~pl.col("supported"))["language"].to_list()
    known = [language(code) for code in weak if code in LANGUAGES and code not in ("", "und")][:3]
    named = listing(known + (["others"] if len(weak) > len(known) else []))
    return [
        f"Take care: {of_all(n, aggregates.totals.paragraphs, 'paragraph')} "
        f"{plural('is', n)} in a language that the model reads badly or was not trained on"
        f"{f' ({named})' if named else ''}; what is said about them is unreliable."
    ]
