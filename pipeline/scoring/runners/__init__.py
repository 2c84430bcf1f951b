"""Runners, which score shards in this process, in several, or on a Ray cluster.

Shards are independent, so they can be scored anywhere and in any order. A runner only returns the
bytes of each shard; the process that holds the scoring folder's lock writes them and the ledger.
So a worker that dies or outlives its run cannot damage a file or mix two runs.
"""

from pipeline.scoring.runners.contract import Job, Runner
from pipeline.scoring.runners.local import LocalRunner

__all__ = ["Job", "LocalRunner", "Runner"]
