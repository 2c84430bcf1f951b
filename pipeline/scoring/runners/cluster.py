"""Shards scored by Ray Data: actors hold the model, Parquet goes in and comes out.

Ray Data moves the *numbers* of shards, one a block, not their rows. So a shard stays what the
ledger knows, whatever Ray does with blocks; an actor that dies loses one shard, which Ray gives to
the next; and the rows travel as Parquet files through the exchange. A bare pool of Ray actors would
keep the ledger as simple, but restarting the dead and giving their work to others would then be
ours to write.
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

# What Ray Data's own tasks need beside the actors, or the actors wait for work for ever.
SPARE_CPUS = 0.5
# A worker that comes and goes this often dies of its shard, not of its machine.
RESTARTS = 5
KNOCK_SECONDS = 10


class RayRunner:
    """``workers`` actors with ``cpus`` each (a fraction is well), on the cluster at ``address``.

    Args:
        address: ``auto`` or ``host:port`` of a running cluster; empty: one on this machine, for
            the time of the run.
        exchange: what all machines reach.
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
            self.exchange.put_waiting(name, job.waiting.shard(number))
        rows = [{"number": number, "name": name} for number, name in job.shards.items()]
        blocks = ray.data.from_items(rows, override_num_blocks=len(rows))
        with warnings.catch_warnings():
            # The limit of restarts has no other way in yet; pyproject.toml holds Ray below its end.
            warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated")
            done = blocks.map_batches(
                _Worker,
                fn_constructor_args=(job.source, self.exchange, _standing(job.scorer)),
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
                f"{self.exchange.url}: shard {row['name']} came back damaged; the same command "
                "scores it again"
            )
        counts = {key: int(row[key]) for key in ("number", "rows", "passages", "cut")}
        return ScoredShard(**counts, parquet=parquet)

    def _refuse_too_many(self, workers: int) -> None:
        import ray

        cpus = float(ray.cluster_resources().get("CPU", 0))
        if workers * self.cpus > cpus - SPARE_CPUS:
            raise InputError(
                f"runner.workers={workers} with runner.cpus={self.cpus:g} each leave nothing of "
                f"the cluster's {cpus:g} CPUs for Ray Data itself, which would wait for ever; "
                "lower one of them"
            )


class _Worker:
    """An actor: loads the model once, then scores whatever shard it is given."""

    def __init__(self, source: ScorerSource, exchange: Exchange, standing: str) -> None:
        self._exchange = exchange
        self._scratch = tempfile.TemporaryDirectory(prefix="rhetoric-model-")
        self._scorer = source.at(exchange.model(Path(self._scratch.name))).load()
        here = _standing(self._scorer)
        if here != standing:
            raise InputError(f"a worker would answer by {here}, and the ledger is about {standing}")

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        (number,), (name,) = batch["number"].tolist(), batch["name"].tolist()
        shard = score_shard(number, self._exchange.waiting(name), self._scorer)
        self._exchange.put_scored(name, shard.parquet)
        return {
            "number": [number],
            "name": [name],
            "rows": [shard.rows],
            "passages": [shard.passages],
            "cut": [shard.cut],
            "sha256": [hashlib.sha256(shard.parquet).hexdigest()],
        }


def _standing(scorer: Scorer) -> str:
    """What must be the same on every machine; the name of an engine says its version too."""
    return f"model {scorer.model_version}, engine {scorer.engine.name}"


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """A connection to Ray; one that stands already is used and left standing."""
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
        _knock(address)
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


def _knock(address: str) -> None:
    """Raise OSError where nobody listens; Ray itself would go on trying for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "://" not in address:
        socket.create_connection((host, int(port)), timeout=KNOCK_SECONDS).close()
