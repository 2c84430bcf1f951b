"""Combines the parts of a queue: a probability sample and the query strategies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.annotation.queue import sample, strategies
from pipeline.annotation.queue.candidates import Pool

SAMPLE, UNCERTAIN, SCARCE, DISPUTED = "sample", "uncertain", "scarce", "disputed"


@dataclass(frozen=True)
class Shares:
    """Relative sizes of the parts of a queue."""

    sample: float
    uncertain: float
    scarce: float
    disputed: float

    def counts(self, size: int) -> dict[str, int]:
        """Passages per part by the largest remainder method; they add up to ``size``."""
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
    """Chosen rows with their reasons, in random order; ``sample`` are the drawn rows."""

    reasons: dict[int, str]
    sample: list[int]

    def counts(self) -> dict[str, int]:
        given = list(self.reasons.values())
        return {name: given.count(name) for name in (SAMPLE, UNCERTAIN, SCARCE, DISPUTED)}


def choose(pool: Pool, shares: Shares, size: int, missing: Mapping[int, int]) -> Chosen:
    """Choose at most ``size`` passages that are not done.

    ``missing``: question index → number of missing examples. The sample is drawn first,
    independently of the other parts; then disputed, scarce and uncertain passages, without
    near-duplicates. Uncertain passages fill up what other parts cannot provide; if there are not
    enough of them the queue is shorter.
    """
    wanted = shares.counts(size)
    drawn = sample.draw(pool, wanted[SAMPLE]).tolist()
    reasons = dict.fromkeys(drawn, SAMPLE)
    for row in strategies.disputed(pool, list(reasons), wanted[DISPUTED]):
        reasons[row] = DISPUTED
    for row in strategies.scarce(pool, list(reasons), wanted[SCARCE], missing):
        reasons[row] = SCARCE
    # With a share of 0 there is no filling up, for queues that consist only of a sample.
    rest = size - len(reasons) if shares.uncertain > 0 else 0
    for row in strategies.uncertain(pool, list(reasons), rest):
        reasons[row] = UNCERTAIN
    order = sorted(reasons, key=lambda row: (pool.random_key[row] * 7919 % 1, row))
    return Chosen({row: reasons[row] for row in order}, drawn)


def missing_examples(found: Mapping[str, int], names: list[str], enough: int) -> dict[int, int]:
    """Question index → number of examples missing to ``enough``; complete ones are omitted."""
    lacking = {place: enough - found.get(name, 0) for place, name in enumerate(names)}
    return {place: n for place, n in lacking.items() if n > 0}


__all__ = ["Chosen", "Shares", "choose", "missing_examples"]
