"""Scores shards on this machine, in this process or in several."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import connection, get_context, parent_process

from pipeline.errors import InputError
from pipeline.scoring.loading import ScorerSource
from pipeline.scoring.prepare import Pending
from pipeline.scoring.runners.contract import Job
from pipeline.scoring.shards import ScoredShard, Scorer, score_shard

AHEAD = 2  # submitted shards per worker: keeps workers busy and memory use low


class LocalRunner:
    """``workers`` processes, each with its own model; with one, this process scores."""

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers

    def run(self, job: Job) -> Iterator[ScoredShard]:
        workers = min(self.workers, len(job.shards))
        if workers <= 1:
            return (_score(number, job.pending, job.scorer) for number in job.shards)
        return _in_processes(job, workers)


def _in_processes(job: Job, workers: int) -> Iterator[ScoredShard]:
    # Forking a process with threads (polars, torch) may deadlock, so workers are spawned.
    executor = ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=(job.source, job.pending, _threads(workers)),
    )
    try:
        numbers = iter(job.shards)
        running = {executor.submit(_work, n) for n in islice(numbers, AHEAD * workers)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            # A future holds the bytes of its shard, so it is dropped before the next submission.
            while done:
                yield done.pop().result()
                running |= {executor.submit(_work, n) for n in islice(numbers, 1)}
    except BrokenProcessPool as error:
        raise InputError(
            "a worker process died, possibly out of memory; finished shards are kept; run the same "
            "command to continue, or lower runner.workers to use less memory"
        ) from error
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _threads(workers: int) -> int:
    """The number of threads per worker."""
    return max(1, (os.cpu_count() or 1) // workers)


_here: tuple[Pending, Scorer] | None = None  # set in worker processes


def _begin(source: ScorerSource, pending: Pending, threads: int) -> None:
    global _here
    os.environ["OMP_NUM_THREADS"] = str(threads)  # read by torch and others on import
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # Ctrl-C reaches all processes; only the parent reports it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here = pending, source.load()


def _end_with_parent() -> None:
    """End with the parent process; otherwise a worker would wait forever if it is killed."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(number: int) -> ScoredShard:
    assert _here is not None, "the process was not started as a worker"
    return _score(number, *_here)


def _score(number: int, pending: Pending, scorer: Scorer) -> ScoredShard:
    return score_shard(number, pending.shard(number), scorer)
