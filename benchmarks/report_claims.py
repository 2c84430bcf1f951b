"""Coverage of the report's intervals and error rates of its claims, in a simulation.

    python -m benchmarks.report_claims [--repeats N] [--seed N]

Posts are simulated: each has a few paragraphs and its own share of each frame, so that its
paragraphs resemble each other (beta-binomial). The report's functions are applied to them. Per
situation, prints how often the 95% intervals contained the true share (overall, of a channel, of a
period), how often a false difference between channels or a false change was claimed (at most in 5%
of cases, over all frames and pairs), and how often real ones were found. Figures named "before" are
those of the earlier method: one design effect for all posts, and a difference claimed if two
intervals do not overlap.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.evaluation.intervals import wilson
from pipeline.report.comparisons import Difference, between_channels, over_time
from pipeline.report.design_effects import design_effects
from pipeline.report.posts import Strata

FRAMES = [f"f{i}" for i in range(8)]
START, PERIODS = date(2024, 1, 1), 8
MIDDLE = START + timedelta(days=PERIODS // 2)
BASE = np.array([0.3, 0.2, 0.15, 0.1, 0.08, 0.05, 0.03, 0.01])


@dataclass(frozen=True)
class Situation:
    """A distribution of posts.

    Attributes:
        posts: number of posts per channel.
        factors: factor of :data:`BASE` for each channel.
        change: factor of the share of frame ``f5`` in the later half, in every channel.
        paragraphs: mean number of paragraphs per post.
        correlation: correlation of the paragraphs of a post.
        late: number of channels (the last ones) that post only in the later half.
    """

    name: str
    posts: Sequence[int]
    factors: Sequence[float]
    change: float = 1.0
    paragraphs: float = 6.0
    correlation: float = 0.2
    late: int = 0

    def truth(self, channel: int, *, late: bool) -> np.ndarray:
        shares = np.minimum(BASE * self.factors[channel], 0.9)
        if late:
            shares[5] *= self.change
        return shares


SITUATIONS = (
    Situation("15 channels alike, 4 posts each of 20 paragraphs", [4] * 15, [1] * 15,
              paragraphs=20),
    Situation("15 channels unlike (x0.3 to x2.5), 4 posts each of 20", [4] * 15,
              np.linspace(0.3, 2.5, 15).tolist(), paragraphs=20),
    Situation("4 channels alike, 10 to 200 posts", [10, 30, 80, 200], [1] * 4),
    Situation("4 channels unlike (x0.3 to x2.5), 10 to 200 posts", [10, 30, 80, 200],
              [2.5, 0.3, 1, 0.5]),
    Situation("6 channels alike, 20 posts, correlation 0.5", [20] * 6, [1] * 6, correlation=0.5),
    Situation("1 channel, 60 posts", [60], [1]),
    Situation("1 channel, 250 posts, one frame from 5% to 21%", [250], [1], change=4.2,
              paragraphs=3),
    Situation("3 channels, the rich one posts late only", [100, 100, 100], [0.4, 0.6, 2.5], late=1),
    Situation("40 channels alike, 10 posts", [10] * 40, [1] * 40),
)  # fmt: skip


def simulated_posts(situation: Situation, rng: np.random.Generator) -> pl.DataFrame:
    """Simulated posts in the form of :func:`pipeline.report.posts.by_post`."""
    rows: list[dict[str, object]] = []
    spread = (1 - situation.correlation) / situation.correlation
    for channel, posts in enumerate(situation.posts):
        starts_late = channel >= len(situation.posts) - situation.late
        for _ in range(posts):
            period = int(rng.integers(PERIODS // 2 if starts_late else 0, PERIODS))
            share = situation.truth(channel, late=period >= PERIODS // 2)
            n = int(rng.geometric(1 / situation.paragraphs))
            leaning = rng.beta(share * spread, (1 - share) * spread)
            counts = rng.binomial(n, leaning).tolist()
            rows.append(
                {"channel": f"c{channel:02d}", "period": START + timedelta(days=period),
                 "paragraphs": n} | dict(zip(FRAMES, counts, strict=True))
            )  # fmt: skip
    return pl.DataFrame(rows)


Seen = Iterator[tuple[str, float]]


def total(column: pl.Series) -> float:
    return float(column.sum())


def intervals(situation: Situation, posts: pl.DataFrame) -> Seen:
    """Whether each interval contained its share, by the current and the earlier method."""
    effects = design_effects(posts, FRAMES)
    pooled = _pooled(posts)
    groups = [(["channel"], "a channel's share")]
    if situation.change == 1.0 and not situation.late:
        groups.append((["channel", "period"], "a period's share"))
    for keys, name in groups:
        for key, own in posts.group_by(keys):
            channel = int(str(key[0])[1:])
            early, late = (situation.truth(channel, late=late) for late in (False, True))
            n, squares = total(own["paragraphs"]), total(own["paragraphs"] ** 2)
            weight = total(own.filter(pl.col("period") >= MIDDLE)["paragraphs"]) / n
            truth = (1 - weight) * early + weight * late
            if n < 10:
                continue
            for j, frame in enumerate(FRAMES):
                count = total(own[frame])
                low, high = wilson(count, n, pooled[frame])
                yield f"{name}, before", float(low <= truth[j] <= high)
                low, high = effects.interval(frame, count, n, squares)
                yield name, float(low <= truth[j] <= high)
                yield f"{name}: width", high - low
    n, squares = total(posts["paragraphs"]), total(posts["paragraphs"] ** 2)
    weights = posts.group_by("channel").agg(pl.col("paragraphs").sum()).sort("channel")
    shares = np.array([situation.truth(c, late=False) for c in range(len(situation.posts))])
    if situation.change == 1.0:
        truth = weights["paragraphs"].to_numpy() @ shares / n
        for j, frame in enumerate(FRAMES):
            low, high = effects.interval(frame, total(posts[frame]), n, squares)
            yield "everything's share", float(low <= truth[j] <= high)


def claims(situation: Situation, posts: pl.DataFrame, seed: int) -> Seen:
    """Whether a false claim was made, and whether real differences were found."""
    effects = design_effects(posts, FRAMES)
    tested = between_channels(posts, FRAMES, effects, seed)
    if tested is not None:
        unlike = len(set(situation.factors)) > 1
        wrong = [
            difference for difference in tested.significant if not _is_true(situation, difference)
        ]
        yield "false claim about channels", float(bool(wrong))
        if unlike:
            yield "channels told apart", float(bool(tested.significant))
            yield "channels told apart before", float(_apart_before(posts))
            largest = tested.largest(FRAMES)
            if largest is not None:
                yield "largest difference, points", 100 * largest.size
    changed = over_time(posts, MIDDLE, FRAMES, effects, seed)
    if changed is not None:
        false = [d for d in changed.significant if situation.change == 1.0 or d.column != "f5"]
        yield "false claim of change", float(bool(false))
        if situation.change != 1.0:
            yield "change found", float(any(d.column == "f5" for d in changed.significant))
            yield "change found before", float(_changed_before(posts, "f5"))
        yield (
            "false claim of change before",
            float(
                any(
                    _changed_before(posts, f)
                    for f in FRAMES
                    if situation.change == 1.0 or f != "f5"
                )
            ),
        )


def _is_true(situation: Situation, claimed: Difference) -> bool:
    j = FRAMES.index(claimed.column)
    first, second = (
        situation.truth(int(name[1:]), late=False)[j] for name in (claimed.first, claimed.second)
    )
    return bool((second - first) * (claimed.second_share - claimed.first_share) > 0)


def _pooled(posts: pl.DataFrame) -> dict[str, float]:
    """Design effects of the earlier method: of all posts, regardless of channel."""
    strata = Strata.of(posts, [], FRAMES)
    n, shares, m = strata.paragraphs.sum(), strata.shares()[0], len(strata.group)
    clustered = m / (m - 1) * (strata.residuals() ** 2).sum(axis=0)
    simple = np.maximum(n * shares * (1 - shares), 1e-9)
    return dict(zip(FRAMES, np.maximum(1.0, clustered / simple).tolist(), strict=True))


def _apart_before(posts: pl.DataFrame) -> bool:
    """Whether the intervals of any two channels for one frame do not overlap."""
    effects = _pooled(posts)
    sums = posts.group_by("channel").agg(pl.col("paragraphs", *FRAMES).sum())
    sums = sums.filter(pl.col("paragraphs") >= 30)
    for frame in FRAMES:
        ranges = [
            wilson(
                row[frame],
                row["paragraphs"],
                effects[frame],
                simultaneous=sums.height * len(FRAMES),
            )
            for row in sums.iter_rows(named=True)
        ]
        if max(r.low for r in ranges) > min(r.high for r in ranges):
            return True
    return False


def _changed_before(posts: pl.DataFrame, frame: str) -> bool:
    effect = _pooled(posts)[frame]
    halves = (posts.filter(pl.col("period") < MIDDLE), posts.filter(pl.col("period") >= MIDDLE))
    early, late = (
        wilson(total(half[frame]), total(half["paragraphs"]), effect, simultaneous=2 * len(FRAMES))
        for half in halves
    )
    return early.high < late.low or late.high < early.low


def measure(situation: Situation, repeats: int, seed: int) -> dict[str, float]:
    """The mean of each figure over the repeats."""
    rng = np.random.default_rng(seed)
    seen = defaultdict(list)
    for repeat in range(repeats):
        posts = simulated_posts(situation, rng)
        for name, value in intervals(situation, posts):
            seen[name].append(value)
        for name, value in claims(situation, posts, repeat):
            seen[name].append(value)
    return {name: float(np.mean(values)) for name, values in seen.items()}


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--only", type=int, help="the number of one situation")
    options = parser.parse_args(words)
    chosen = SITUATIONS if options.only is None else [SITUATIONS[options.only]]
    for situation in chosen:
        sys.stdout.write(f"\n{situation.name}\n")
        for name, value in sorted(measure(situation, options.repeats, options.seed).items()):
            sys.stdout.write(f"  {name:40} {value:6.3f}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
