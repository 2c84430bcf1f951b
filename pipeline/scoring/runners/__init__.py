"""Where shards are scored: in this process, in several, or on a Ray cluster.

Shards know nothing of each other, so they may be scored anywhere and in any order. A runner only
scores: it hands each shard's bytes back, and the one process that holds the lock of the scoring
folder puts them in place and writes the ledger. So a worker that dies, or outlives its run, can
neither tear a file nor mix two runs.
"""

from pipeline.scoring.runners.contract import Job, Runner
from pipeline.scoring.runners.local import LocalRunner

__all__ = ["Job", "LocalRunner", "Runner"]
