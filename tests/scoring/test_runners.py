"""Wherever shards are scored, the result is the same to the byte."""

from __future__ import annotations

import functools
import os
import types
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest

from pipeline.config import RunnerKind, compose
from pipeline.config.components import runner
from pipeline.errors import InputError
from pipeline.scoring import ScoreSummary
from pipeline.scoring.loading import ScorerSource
from pipeline.scoring.prepare import Pending
from pipeline.scoring.runners import Job, LocalRunner, local
from pipeline.scoring.runners.cluster import RayRunner
from pipeline.scoring.runners.exchange import Exchange

pytestmark = pytest.mark.slow

Score = Callable[..., ScoreSummary]
Contents = Callable[[Path], dict[str, bytes]]


def test_several_processes_make_the_same_bytes_as_one(
    score: Score, tmp_path: Path, contents: Contents
) -> None:
    score(tmp_path / "one")
    score(tmp_path / "two", runner=LocalRunner(2))
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    # Shards are recorded as they are finished.
    lines = [files.pop("ledger.jsonl").splitlines() for files in (one, two)]
    assert sorted(lines[0]) == sorted(lines[1])
    assert one == two


def test_few_shards_are_asked_for_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class AtOnce:
        """Works when it is asked, in this process."""

        def __init__(self, *_: object, **__: object) -> None: ...

        def submit(self, _: object, number: int) -> Future[int]:
            asked.append(number)
            future: Future[int] = Future()
            future.set_result(number)
            return future

        def shutdown(self, **_: object) -> None: ...

    monkeypatch.setattr(local, "ProcessPoolExecutor", AtOnce)
    numbers = {number: str(number) for number in range(50)}
    source = cast(ScorerSource, None)
    scored = LocalRunner(2).run(Job(numbers, Pending(tmp_path, 1, 1), source, cast(Any, None)))
    found = [next(scored)]
    assert len(asked) == 2 * local.AHEAD
    found += scored
    assert sorted(cast(list[int], found)) == asked == list(range(50))


def test_a_worker_that_dies_is_said_in_one_line(tmp_path: Path) -> None:
    deadly = cast(ScorerSource, types.SimpleNamespace(load=functools.partial(os._exit, 1)))
    job = Job({0: "0", 1: "1"}, Pending(tmp_path, 1, 1), deadly, cast(Any, None))
    with pytest.raises(InputError, match="a worker process died"):
        list(LocalRunner(2).run(job))


def test_a_runner_is_chosen_in_one_word(tmp_path: Path) -> None:
    assert compose([]).runner.kind == RunnerKind.local
    here = runner(compose(["runner.workers=3"]), tmp_path)
    assert isinstance(here, LocalRunner)
    assert here.workers == 3
    there = runner(compose(["runner=ray", "runner.address=auto"]), tmp_path)
    assert isinstance(there, RayRunner)
    assert (there.workers, there.cpus, there.address) == (2, 0.5, "auto")


def test_two_folders_that_share_a_place_of_exchange_have_a_corner_each(tmp_path: Path) -> None:
    one = Exchange.of("s3://bucket/passing/", tmp_path / "one")
    two = Exchange.of("s3://bucket/passing/", tmp_path / "two")
    assert one.url.startswith("s3://bucket/passing/rhetoric-")
    assert one != two
    assert one == Exchange.of("s3://bucket/passing", tmp_path / "x" / ".." / "one")
    inside = Exchange.of("", tmp_path / "one")
    assert Path(inside.url).is_relative_to(tmp_path / "one" / ".work")


@pytest.mark.parametrize(
    "place", ["memory://passing", "memory://a/model/passing", "file://{}/passing", "{}/passing"]
)
def test_an_exchange_hands_on_model_paragraphs_and_scores(
    tmp_path: Path, model: Path, place: str
) -> None:
    exchange = Exchange.of(place.format(tmp_path), tmp_path / "out")
    exchange.put_model(model)
    fetched = exchange.model(tmp_path / "scratch")
    assert tree(fetched) == tree(model)
    paragraphs = pl.DataFrame({"text": ["=1+1 \u202e😀", ""], "position": [1, None]})
    exchange.put_pending("1-0a", paragraphs)
    assert exchange.pending("1-0a").equals(paragraphs)
    exchange.put_scored("1-0a", b"PAR1")
    assert exchange.scored("1-0a") == b"PAR1"
    exchange.empty()
    exchange.empty()
    with pytest.raises(FileNotFoundError):
        exchange.scored("1-0a")


def tree(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert files
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
