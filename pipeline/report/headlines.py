"""The main findings: three to five self-contained sentences at the top of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.codebook import STANCES, Codebook
from pipeline.report.aggregates import Aggregates, pair_column, pairs
from pipeline.report.comparisons import Difference, Verdict, between_channels, over_time
from pipeline.report.corrected import Correction
from pipeline.report.formatting import short
from pipeline.report.series import NAME_LENGTH, Share, StanceRow
from pipeline.report.wording import Words

# Stances found less often are shown hatched and not used in findings.
RARE = 10
# Minimum paragraphs with a stance on a target for a finding on it.
ENOUGH = 30
MOST = 5
_SEED = 13
_NAMED = 3


@dataclass(frozen=True)
class Headline:
    """``section`` is the id of the section with the details."""

    section: str
    text: str


@dataclass(frozen=True)
class Findings:
    """Results of the tests. ``middle`` is the first day of the later half of the time; ``channels``
    and ``change`` are None if there is nothing to compare."""

    channels: Verdict | None
    change: Verdict | None
    middle: date | None


def find(aggregates: Aggregates, codebook: Codebook) -> Findings:
    posts, effects = aggregates.posts, aggregates.effects
    frames = list(codebook.frame_codes)
    periods = posts["period"].drop_nulls().unique().sort()
    middle: date | None = periods[len(periods) // 2] if len(periods) > 1 else None
    return Findings(
        between_channels(posts, ["any", *frames], effects, _SEED),
        None if middle is None else over_time(posts, middle, frames, effects, _SEED),
        middle,
    )


def headlines(
    aggregates: Aggregates,
    findings: Findings,
    shares: Sequence[Share],
    stances: Sequence[StanceRow],
    correction: Correction | None,
    codebook: Codebook,
    words: Words,
) -> list[Headline]:
    """At most :data:`MOST`, the most general first."""
    if not aggregates.totals.paragraphs:
        return [Headline("frames", words("No paragraphs were scored."))]
    found = [
        *_most_frequent(shares, correction, words),
        *_channels(findings.channels, shares, words),
        *_change(findings, aggregates, shares, words),
        *_stances(stances, words),
        *_together(aggregates, shares, codebook, words),
    ]
    return found[:MOST]


def _most_frequent(
    shares: Sequence[Share], correction: Correction | None, words: Words
) -> list[Headline]:
    found = sorted((s for s in shares if s.count), key=lambda s: -s.count)
    if not found:
        text = words("None of the {n} frames was found in any paragraph.", n=len(shares))
        return [Headline("frames", text)]
    told = [
        words(
            "{name} (in {share} of paragraphs, {posts} of posts)",
            name=s.name, share=words.percent(s.share), posts=words.percent(s.post_share),
        )
        for s in found[:_NAMED]
    ]  # fmt: skip
    sentences = [Headline("frames", words("Found most often: {frames}.", frames="; ".join(told)))]
    lead = _corrected(correction, words)
    return [lead, *sentences] if lead is not None else sentences


def _corrected(correction: Correction | None, words: Words) -> Headline | None:
    """The largest corrected share, if error rates of a local sample are known."""
    if correction is None or correction.sample is None:
        return None
    known = [row for row in correction.rows if row.corrected is not None]
    if not known:
        return None
    row = max(known, key=lambda row: row.corrected.share if row.corrected else 0.0)
    assert row.corrected is not None
    text = words(
        "{name} is most frequent: corrected for the program's errors, in about {share} of "
        "paragraphs (likely {low} to {high}).",
        name=row.found.name, share=words.percent(row.corrected.share),
        low=words.percent(row.corrected.low), high=words.percent(row.corrected.high),
    )  # fmt: skip
    return Headline("corrected", text)


def _channels(tested: Verdict | None, shares: Sequence[Share], words: Words) -> list[Headline]:
    if tested is None:
        return []
    frames = [share.code for share in shares]
    names = {share.code: share.name for share in shares}
    overall, single = tested.largest(["any"]), tested.largest(frames)
    if overall is None and single is None:
        text = words(
            "Too few posts to tell whether channels differ: the smallest detectable difference "
            "between two channels is about {points} percentage points in the share of paragraphs "
            "with a frame.",
            points=words.points(tested.detectable["any"]),
        )
        return [Headline("channels", text)]
    sentences = []
    if overall is not None:
        sentences.append(words(
            "Channels differ: {more} of the paragraphs of {rich} have a frame, and {less} of those "
            "of {poor}.", **_sides(overall, words),
        ))  # fmt: skip
    if single is not None:
        sentences.append(words(
            "The widest gap between channels in one frame: {name}, in {more} of the paragraphs of "
            "{rich} and {less} of those of {poor}.",
            name=names[single.column], **_sides(single, words),
        ))  # fmt: skip
    return [Headline("channels", " ".join(sentences))]


def _sides(difference: Difference, words: Words) -> dict[str, str]:
    sides = [(difference.first_share, difference.first),
             (difference.second_share, difference.second)]  # fmt: skip
    (less, poor), (more, rich) = sorted(sides)
    return {
        "more": words.percent(more), "rich": short(rich, NAME_LENGTH),
        "less": words.percent(less), "poor": short(poor, NAME_LENGTH),
    }  # fmt: skip


def _change(
    findings: Findings, aggregates: Aggregates, shares: Sequence[Share], words: Words
) -> list[Headline]:
    tested, middle = findings.change, findings.middle
    if tested is None or middle is None:
        return []
    say = words.year if aggregates.totals.year_only else words.day
    if not tested.significant:
        sizes = [tested.detectable[s.code] for s in shares if s.count]
        if not sizes:
            return []
        text = words(
            "Too few posts to tell whether any frame became more or less frequent from {middle} "
            "on: the smallest detectable change is about {points} percentage points, for the "
            "rarest frames {fewest}.",
            middle=say(middle), points=words.points(max(sizes)), fewest=words.points(min(sizes)),
        )  # fmt: skip
        return [Headline("time", text)]
    names = {share.code: share.name for share in shares}
    told = []
    for change in sorted(tested.significant, key=lambda change: -change.size)[:_NAMED]:
        grew = change.second_share > change.first_share
        told.append(words(
            "{name} grew from {early} of paragraphs to {late}" if grew
            else "{name} shrank from {early} of paragraphs to {late}",
            name=names[change.column], early=words.percent(change.first_share),
            late=words.percent(change.second_share),
        ))  # fmt: skip
    several = aggregates.totals.channels > 1
    text = words(
        "From {middle} on, compared with before: {changes} (each channel compared with itself)."
        if several
        else "From {middle} on, compared with before: {changes}.",
        middle=say(middle), changes="; ".join(told),
    )  # fmt: skip
    return [Headline("time", text)]


def _stances(stances: Sequence[StanceRow], words: Words) -> list[Headline]:
    """The targets with the largest share against and in favour, if there are enough paragraphs."""
    told = []
    for stance, sentence in (
        ("against", "Most often opposed: {target}, in {share} of the {n} with a stance on it."),
        ("favour", "Most often favoured: {target}, in {share} of the {n} with a stance on it."),
    ):
        place = STANCES.index(stance)
        known = [r for r in stances if r.total >= ENOUGH and r.counts[place] >= RARE]
        if known:
            row = max(known, key=lambda r: (r.counts[place] / r.total, r.counts[place]))
            told.append(words(
                sentence, target=row.name, share=words.percent(row.counts[place] / row.total),
                n=words.of(row.total, "paragraph"),
            ))  # fmt: skip
    return [Headline("stance", " ".join(told))] if told else []


def _together(
    aggregates: Aggregates, shares: Sequence[Share], codebook: Codebook, words: Words
) -> list[Headline]:
    """The pair of frames that occurs most often in one paragraph, and the count by chance."""
    counts = {pair: int(aggregates.cube[pair_column(*pair)].sum()) for pair in pairs(codebook)}
    pair = max(counts, key=counts.__getitem__, default=None)
    if pair is None or counts[pair] < RARE:
        return []
    first, second = (share for share in shares if share.code in pair)
    by_chance = first.count * second.count / first.n
    text = words(
        "{first} and {second} occur together most often: in {n}; {chance} would be expected by "
        "chance.",
        first=first.name, second=second.name, n=words.count(counts[pair], "paragraph"),
        chance=words.number(by_chance),
    )  # fmt: skip
    return [Headline("together", text)]
