"""Shards scored on this machine: one after another in this process, or in several processes."""

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
from pipeline.scoring.prepare import Waiting
from pipeline.scoring.runners.contract import Job
from pipeline.scoring.shards import ScoredShard, Scorer, score_shard

AHEAD = 2  # shards a worker that are asked for at once: none waits, and few are held in memory


class LocalRunner:
    """``workers`` processes, each with a model of its own; with one, this process scores."""

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers

    def run(self, job: Job) -> Iterator[ScoredShard]:
        workers = min(self.workers, len(job.shards))
        if workers <= 1:
            return (_score(number, job.waiting, job.scorer) for number in job.shards)
        return _in_processes(job, workers)


def _in_processes(job: Job, workers: int) -> Iterator[ScoredShard]:
    # Forking a process that has threads (polars, torch) may hang it: workers start from nothing.
    executor = ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=(job.source, job.waiting, _threads(workers)),
    )
    try:
        waiting = iter(job.shards)
        flying = {executor.submit(_work, n) for n in islice(waiting, AHEAD * workers)}
        while flying:
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            # A future holds the bytes of its shard: it goes when it is handed on, and the next one
            # is asked for then.
            while done:
                yield done.pop().result()
                flying |= {executor.submit(_work, n) for n in islice(waiting, 1)}
    except BrokenProcessPool as error:
        raise InputError(
            "a worker process died, perhaps for want of memory; what is finished is kept, the same "
            "command goes on from there; a smaller runner.workers needs less"
        ) from error
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _threads(workers: int) -> int:
    """Cores of this machine that each worker may use."""
    return max(1, (os.cpu_count() or 1) // workers)


_here: tuple[Waiting, Scorer] | None = None  # in a worker: what it scores, and with what


def _begin(source: ScorerSource, waiting: Waiting, threads: int) -> None:
    global _here
    os.environ["OMP_NUM_THREADS"] = str(threads)  # torch and others read it when first imported
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches all; the parent speaks of it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here = waiting, source.load()


def _end_with_parent() -> None:
    """A worker whose parent was killed would otherwise wait for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(number: int) -> ScoredShard:
    assert _here is not None, "the process was not begun as a worker"
    return _score(number, *_here)


def _score(number: int, waiting: Waiting, scorer: Scorer) -> ScoredShard:
    return score_shard(number, waiting.shard(number), scorer)
