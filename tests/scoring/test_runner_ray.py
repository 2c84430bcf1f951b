"""A real Ray cluster of several nodes scores as one process does, also when a worker is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from pipeline.errors import InputError
from pipeline.scoring import ScoreSummary
from pipeline.scoring.runners import Job, Runner
from pipeline.scoring.runners.cluster import RayRunner
from pipeline.scoring.runners.exchange import Exchange
from pipeline.scoring.shards import ScoredShard

pytestmark = pytest.mark.acceptance

Score = Callable[..., ScoreSummary]
Contents = Callable[[Path], dict[str, bytes]]
Write = Callable[[Path, Iterable[Mapping[str, object]]], Path]

SHARDS = 32
POSTS = [
    {"id": f"c/{n}", "channel": "c", "text": f"Tide number {n} is high. The orbit stands."}
    for n in range(SHARDS * 12)
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Three nodes with a CPU each, as far as Ray is told; a connection is not made here."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    yield cluster.address
    cluster.shutdown()


def actors() -> set[int]:
    """Process ids of the actors that hold a model."""
    return {p.pid for p in psutil.process_iter(["cmdline"]) if _is_actor(p)}


def _is_actor(process: psutil.Process) -> bool:
    line = process.info["cmdline"] or [""]
    return line[0].startswith("ray::") and "MapWorker" in line[0]


class Murderous:
    """Kills one of the actors when the first shard has come back."""

    def __init__(self, runner: RayRunner) -> None:
        self.runner = runner
        self.killed: int | None = None
        self.after: set[int] = set()  # actors that were there when later shards came

    def run(self, job: Job) -> Iterator[ScoredShard]:
        for shard in self.runner.run(job):
            if self.killed is None:
                self.killed = min(actors())
                dying = psutil.Process(self.killed)
                os.kill(self.killed, signal.SIGKILL)
                psutil.wait_procs([dying], timeout=10)
            else:
                self.after |= actors()
            yield shard


def ray(address: str, place: str, out: Path, workers: int = 3, cpus: float = 0.5) -> RayRunner:
    exchange = Exchange.of(place, out)
    return RayRunner(workers=workers, cpus=cpus, address=address, exchange=exchange)


def test_a_cluster_makes_the_same_scores_though_one_worker_is_killed(
    score: Score, write: Write, tmp_path: Path, contents: Contents, address: str
) -> None:
    file = write(tmp_path / "posts.jsonl", POSTS)
    score(tmp_path / "here", file, shard_passages=12)
    runner = Murderous(ray(address, f"file://{tmp_path}/passing", tmp_path / "there"))
    summary = score(tmp_path / "there", file, shard_passages=12, runner=runner)
    assert summary.shards == SHARDS
    assert runner.killed is not None
    # Whether another takes its place in time depends on how fast the rest is done.
    assert runner.after
    assert runner.killed not in runner.after
    here, there = contents(tmp_path / "here"), contents(tmp_path / "there")
    lines = [files.pop("ledger.jsonl").splitlines() for files in (here, there)]
    assert sorted(lines[0]) == sorted(lines[1])
    assert here == there
    assert not list((tmp_path / "passing").glob("*")), "the exchange is left empty"


def test_an_update_on_a_cluster_of_its_own(score: Score, write: Write, tmp_path: Path) -> None:
    file = write(tmp_path / "posts.jsonl", POSTS[:20])
    score(tmp_path / "out", file, shard_passages=4)
    write(file, POSTS[:40])
    alone: Runner = ray("", "", tmp_path / "out", workers=2)
    summary = score(tmp_path / "out", file, shard_passages=4, runner=alone, update=True)
    assert (summary.posts, summary.unchanged, summary.reused_shards) == (20, 20, 0)


def test_actors_that_would_take_every_cpu_are_refused_rather_than_waited_for(
    score: Score, tmp_path: Path, address: str
) -> None:
    greedy = ray(address, "", tmp_path / "out", workers=3, cpus=1)
    with pytest.raises(InputError, match=r"leave nothing of the cluster's 3 CPUs"):
        score(tmp_path / "out", runner=greedy)


def test_a_cluster_that_does_not_answer_is_said_in_one_line(score: Score, tmp_path: Path) -> None:
    nobody = ray("127.0.0.1:1", "", tmp_path / "out")
    with pytest.raises(InputError, match=r"runner\.address=127\.0\.0\.1:1: no Ray cluster answers"):
        score(tmp_path / "out", runner=nobody)
