"""The mix of a queue: a sample for honest figures, and what teaches a model most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.annotation.queue import sample, strategies
from pipeline.annotation.queue.candidates import Pool

SAMPLE, UNCERTAIN, SCARCE, DISPUTED = "sample", "uncertain", "scarce", "disputed"


@dataclass(frozen=True)
class Shares:
    """Parts of the queue, relative to each other."""

    sample: float
    uncertain: float
    scarce: float
    disputed: float

    def counts(self, size: int) -> dict[str, int]:
        """Whole passages, by largest remainder; they add up to ``size``."""
        parts = {SAMPLE: self.sample, UNCERTAIN: self.uncertain, SCARCE: self.scarce,
                 DISPUTED: self.disputed}  # fmt: skip
        total = sum(parts.values())
        exact = {name: size * part / total for name, part in parts.items()}
        found = {name: int(value) for name, value in exact.items()}
        for name in sorted(exact, key=lambda name: found[name] - exact[name]):
            if sum(found.values()) == size:
                break
            found[name] += 1
        return found


@dataclass(frozen=True)
class Chosen:
    """Rows of the pool with the reason for each, in an order that does not give it away; the
    sample's probability of being drawn."""

    reasons: dict[int, str]
    sample: list[int]

    def counts(self) -> dict[str, int]:
        given = list(self.reasons.values())
        return {name: given.count(name) for name in (SAMPLE, UNCERTAIN, SCARCE, DISPUTED)}


def choose(pool: Pool, shares: Shares, size: int, missing: Mapping[int, int]) -> Chosen:
    """At most ``size`` undone passages.

    ``missing``: question (its place) → examples that it is short of. The sample is drawn first, so
    that nothing else bears on it; then disputed, scarce and uncertain passages, none a
    near-duplicate of another or of the sample's. What a part cannot fill goes to the uncertain.
    Without anything to be uncertain about the queue is shorter.
    """
    wanted = shares.counts(size)
    drawn = sample.draw(pool, wanted[SAMPLE]).tolist()
    reasons = dict.fromkeys(drawn, SAMPLE)
    for row in strategies.disputed(pool, list(reasons), wanted[DISPUTED]):
        reasons[row] = DISPUTED
    for row in strategies.scarce(pool, list(reasons), wanted[SCARCE], missing):
        reasons[row] = SCARCE
    # A share of nothing stays nothing: it would fill a queue that is meant to be a sample alone.
    rest = size - len(reasons) if shares.uncertain > 0 else 0
    for row in strategies.uncertain(pool, list(reasons), rest):
        reasons[row] = UNCERTAIN
    order = sorted(reasons, key=lambda row: (pool.chance[row] * 7919 % 1, row))
    return Chosen({row: reasons[row] for row in order}, drawn)


def missing_examples(found: Mapping[str, int], names: list[str], enough: int) -> dict[int, int]:
    """Question (its place) → how many examples it lacks of ``enough``; those that lack none are
    left out."""
    lacking = {place: enough - found.get(name, 0) for place, name in enumerate(names)}
    return {place: n for place, n in lacking.items() if n > 0}


__all__ = ["Chosen", "Shares", "choose", "missing_examples"]
