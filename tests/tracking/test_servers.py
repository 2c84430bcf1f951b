"""A real MLflow tracking server, selected by one setting, and the champion served over HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.cli import boundary
from pipeline.tracking import store
from tests.project import write_project

pytestmark = pytest.mark.acceptance
_SECONDS = 300
# Disable telemetry and MLflow's job runners, a dozen processes that are not needed here.
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
QUICK = ["evaluate.bootstrap_samples=20"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(arguments: list[str], path: str, **environment: str) -> Iterator[str]:
    """Run ``mlflow …`` on a free port and wait until it responds at ``path``; on exit, end it with
    all its child processes."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", *arguments, "--host", "127.0.0.1"]
    # `models serve` runs uvicorn by name; make sure it is the one of this environment.
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        env={**os.environ, "PATH": tools, **_QUIET, **environment},
        start_new_session=True,
    )
    try:
        _wait(process, url + path)
        yield url
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"mlflow ended with {process.returncode}"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError(f"{url} did not answer in {_SECONDS} s")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A new tracking server, and a small project that trained a model with two seeds and logged
    the results to it."""
    folder, before = tmp_path_factory.mktemp("team"), Path.cwd()
    project = folder / "project"
    project.mkdir()
    write_project(project)
    backend = ["--backend-store-uri", f"sqlite:///{folder}/server.db"]
    artifacts = ["--artifacts-destination", str(folder / "artifacts"), "--workers", "1"]
    with running(["server", *backend, *artifacts], "/health") as url:
        os.chdir(project)
        try:
            assert boundary.run(["split", *QUICK]) == 0
            words = ["train", "-m", "model=tfidf", "seed=1,2", f"tracking.uri={url}"]
            assert boundary.run([*words, *QUICK]) == 0
            yield url, project
        finally:
            os.chdir(before)


def test_a_sweep_on_a_server_is_a_parent_with_children(team: tuple[str, Path]) -> None:
    url, project = team
    client = store.client(url)
    experiment = client.get_experiment_by_name("rhetoric")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if "sweep_runs" in run.data.tags]
    children = [run for run in runs if run is not parent]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert {run.data.tags["sweep"] for run in children} == {"seed=1", "seed=2"}
    for run in children:
        assert {"codebook_version", "corpus_digest"} <= set(run.data.tags)
        assert run.inputs is not None
        data = {given.dataset.name: given.dataset.digest for given in run.inputs.dataset_inputs}
        assert set(data) == {"labels", "folds", "paragraphs"}
        assert all(len(digest) == 32 for digest in data.values())
        assert "folds.parquet" in {item.path for item in client.list_artifacts(run.info.run_id)}
    assert not (project / "mlflow.db").exists()


def test_the_champion_of_a_server_scores_posts_in_another_folder(
    team: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = team
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    text = "Heavy rain fell over the harbour until the night, and then it fell again."
    Path("posts.jsonl").write_text(json.dumps({"id": "p1", "text": text}), encoding="utf-8")
    assert boundary.run(["score", "posts.jsonl", "-o", "scored", f"tracking.uri={url}"]) == 0
    (row,) = pl.read_parquet("scored/scores/*.parquet").to_dicts()
    assert row["rain"] is True


def test_results_on_a_server_are_compared_by_run_id(
    team: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    url, _ = team
    client = store.client(url)
    experiment = client.get_experiment_by_name("rhetoric")
    assert experiment is not None
    of = {
        run.data.tags.get("sweep"): run.info.run_id
        for run in client.search_runs([experiment.experiment_id])
    }
    first, second = of["seed=1"], of["seed=2"]
    assert boundary.run(["compare", first, second, f"tracking.uri={url}", *QUICK]) == 0
    out = capsys.readouterr().out
    # Each seed draws its own train and dev; the test is frozen.
    assert "train and dev differ" in out
    assert "language: en" in out


def test_the_served_champion_answers_a_request(team: tuple[str, Path]) -> None:
    url, _ = team
    served = ["models", "serve", "-m", "models:/rhetoric@champion", "--env-manager", "local"]
    with running(served, "/ping", MLFLOW_TRACKING_URI=url) as address:
        # All rows need the same columns: MLflow infers numbers for a column with gaps and fails.
        rows: list[dict[str, Any]] = [
            {"text": "Heavy rain fell over the market.", "opening": "", "post_id": "a"},
            {"text": "The museum opens at nine.", "opening": "Good news.", "post_id": "b"},
        ]
        request = urllib.request.Request(
            f"{address}/invocations",
            data=json.dumps({"dataframe_records": rows}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answers = json.load(response)["predictions"]
        assert [answer["post_id"] for answer in answers] == ["a", "b"]
        assert [answer["rain"] for answer in answers] == [True, False]
        assert {"rain_p", "stance_town", "stance_town_p"} <= set(answers[0])
        wrong = urllib.request.Request(
            f"{address}/invocations",
            data=json.dumps({"dataframe_records": [{"words": "Rain."}]}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(wrong, timeout=60)
        assert refused.value.code == 400
        assert "text" in refused.value.read().decode()
