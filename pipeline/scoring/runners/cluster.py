"""Scores shards with Ray Data: actors hold the model and exchange rows as Parquet files.

Ray Data moves the *numbers* of shards, one per block, not their rows, so that shards remain the
unit of the ledger whatever Ray does with blocks. If an actor dies, one shard is lost and Ray gives
it to another actor. Rows are transferred as Parquet files through the exchange. With a bare pool of
Ray actors we would have to implement restarts and the reassignment of work.
"""

from __future__ import annotations

import hashlib
import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.scoring.loading import ScorerSource
from pipeline.scoring.runners.contract import Job
from pipeline.scoring.runners.exchange import Exchange
from pipeline.scoring.shards import ScoredShard, Scorer, score_shard

# CPUs for Ray Data's own tasks; without them the actors wait for work forever.
SPARE_CPUS = 0.5
# After this many restarts the shard, not the machine, is assumed to be the cause.
RESTARTS = 5
KNOCK_SECONDS = 10


class RayRunner:
    """``workers`` actors with ``cpus`` each (may be a fraction), on the cluster at ``address``.

    Args:
        address: ``auto`` or ``host:port`` of a running cluster; empty: one on this machine, for
            the duration of the run.
        exchange: storage that all machines can reach.
    """

    def __init__(self, *, workers: int, cpus: float, address: str, exchange: Exchange) -> None:
        self.workers, self.cpus, self.address = workers, cpus, address
        self.exchange = exchange

    def run(self, job: Job) -> Iterator[ScoredShard]:
        if not job.shards:
            return
        with _connected(self.address):
            workers = min(self.workers, len(job.shards))
            self._refuse_too_many(workers)
            try:
                yield from self._run(job, workers)
            finally:
                self.exchange.empty()

    def _run(self, job: Job, workers: int) -> Iterator[ScoredShard]:
        import ray.data

        self.exchange.empty()
        self.exchange.put_model(job.source.folder)
        for number, name in job.shards.items():
            self.exchange.put_pending(name, job.pending.shard(number))
        rows = [{"number": number, "name": name} for number, name in job.shards.items()]
        blocks = ray.data.from_items(rows, override_num_blocks=len(rows))
        with warnings.catch_warnings():
            # There is no other way to limit restarts yet; pyproject.toml pins Ray to versions
            # that have this one.
            warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated")
            done = blocks.map_batches(
                _Worker,
                fn_constructor_args=(job.source, self.exchange, _scorer_identity(job.scorer)),
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(size=workers),
                num_cpus=self.cpus,
                max_restarts=RESTARTS,
                max_task_retries=RESTARTS,
            )
        for row in done.iter_rows():
            yield self._fetched(row)

    def _fetched(self, row: dict[str, Any]) -> ScoredShard:
        parquet = self.exchange.scored(row["name"])
        if hashlib.sha256(parquet).hexdigest() != row["sha256"]:
            raise InputError(
                f"{self.exchange.url}: shard {row['name']} is damaged; run the same command to "
                "score it again"
            )
        counts = {key: int(row[key]) for key in ("number", "rows", "passages", "cut")}
        return ScoredShard(**counts, parquet=parquet)

    def _refuse_too_many(self, workers: int) -> None:
        import ray

        cpus = float(ray.cluster_resources().get("CPU", 0))
        if workers * self.cpus > cpus - SPARE_CPUS:
            raise InputError(
                f"runner.workers={workers} with runner.cpus={self.cpus:g} each leave nothing of "
                f"the cluster's {cpus:g} CPUs for Ray Data itself, which would wait forever; "
                "lower one of them"
            )


class _Worker:
    """An actor that loads the model once and scores shards."""

    def __init__(self, source: ScorerSource, exchange: Exchange, expected: str) -> None:
        self._exchange = exchange
        self._scratch = tempfile.TemporaryDirectory(prefix="rhetoric-model-")
        self._scorer = source.at(exchange.model(Path(self._scratch.name))).load()
        here = _scorer_identity(self._scorer)
        if here != expected:
            raise InputError(f"a worker has {here}, but the ledger is for {expected}")

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        (number,), (name,) = batch["number"].tolist(), batch["name"].tolist()
        shard = score_shard(number, self._exchange.pending(name), self._scorer)
        self._exchange.put_scored(name, shard.parquet)
        return {
            "number": [number],
            "name": [name],
            "rows": [shard.rows],
            "passages": [shard.passages],
            "cut": [shard.cut],
            "sha256": [hashlib.sha256(shard.parquet).hexdigest()],
        }


def _scorer_identity(scorer: Scorer) -> str:
    """A description that must be equal on every machine; an engine's name includes its version."""
    return f"model {scorer.model_version}, engine {scorer.engine.name}"


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """A connection to Ray; an existing one is reused and left open."""
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "runner=ray needs Ray: pip install 'rhetoric-pipeline[ray]', on every machine"
        ) from error
    if ray.is_initialized():
        yield
        return
    try:
        _check_reachable(address)
        ray.init(
            address=address or "local",
            include_dashboard=None if address else False,
            log_to_driver=False,
            configure_logging=False,
        )
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"runner.address={address}: no Ray cluster answers: {reason}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raise OSError if the address does not respond; Ray itself would retry for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "://" not in address:
        socket.create_connection((host, int(port)), timeout=KNOCK_SECONDS).close()
