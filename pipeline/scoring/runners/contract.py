"""What a runner is given and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.scoring.loading import ScorerSource
from pipeline.scoring.prepare import Waiting
from pipeline.scoring.shards import ScoredShard, Scorer


@dataclass(frozen=True)
class Job:
    """Shards of one round that are still to be scored.

    Attributes:
        shards: number → name.
        waiting: their paragraphs; may be handed to another process of this machine.
        source: where a worker gets a scorer of its own; may be handed to another machine, with
            another folder for the model.
        scorer: the one that stands in this process.
    """

    shards: Mapping[int, str]
    waiting: Waiting
    source: ScorerSource
    scorer: Scorer


class Runner(Protocol):
    """Scores shards and hands each back when it is done, in any order."""

    def run(self, job: Job) -> Iterator[ScoredShard]: ...
