"""The interface of runners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.scoring.loading import ScorerSource
from pipeline.scoring.prepare import Pending
from pipeline.scoring.shards import ScoredShard, Scorer


@dataclass(frozen=True)
class Job:
    """The unfinished shards of one round.

    Attributes:
        shards: number → name.
        pending: their paragraphs; can be sent to other processes on this machine.
        source: loads a scorer in a worker; can be sent to another machine, with another folder
            for the model.
        scorer: the scorer of this process.
    """

    shards: Mapping[int, str]
    pending: Pending
    source: ScorerSource
    scorer: Scorer


class Runner(Protocol):
    """Scores shards and yields each when it is finished, in any order."""

    def run(self, job: Job) -> Iterator[ScoredShard]: ...
