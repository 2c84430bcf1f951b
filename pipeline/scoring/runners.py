"""Where shards are scored. Shards know nothing of each other, so they may be scored anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from pipeline.scoring.shards import ShardResult

ScoreShard = Callable[[int], ShardResult]


class Runner(Protocol):
    """Scores shards and hands back each result when its file lies in place, in any order."""

    def run(self, shards: Iterable[int], score: ScoreShard) -> Iterator[ShardResult]: ...


class LocalRunner:
    """One shard after another in this process."""

    def run(self, shards: Iterable[int], score: ScoreShard) -> Iterator[ShardResult]:
        return map(score, shards)
