"""Logs the trials of a study as child runs of one parent run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.tracking import store
from pipeline.tracking.runs import experiment_of

STUDY_TAG = "tune_study"


@dataclass(frozen=True)
class FinishedTrial:
    """``state`` is complete, pruned or fail; ``curve`` is the dev score by epoch."""

    number: int
    settings: Mapping[str, str]
    state: str
    score: float | None
    curve: Mapping[int, float]


def log_trial(trial: FinishedTrial, *, study: str, note: str, uri: str, experiment: str) -> None:
    """Log a finished trial; the study's parent run is created with its first trial.

    ``note`` is kept with the parent as its params.yaml.
    """
    from mlflow.entities import Metric, Param

    address = store.absolute(uri)
    with store.exclusive(address), store.converting_errors(address):
        client = store.client(address)
        where = experiment_of(client, address, experiment)
        found = client.search_runs([where], f"tags.{STUDY_TAG} = '{study}'")
        parents = [run for run in found if "mlflow.parentRunId" not in run.data.tags]
        if parents:
            parent = str(parents[0].info.run_id)
        else:
            name = f"tune {study.partition(' ')[0]}"
            created = client.create_run(where, run_name=name, tags={STUDY_TAG: study})
            parent = str(created.info.run_id)
            client.log_text(parent, store.shown(note), "params.yaml")
        tags = {"mlflow.parentRunId": parent, STUDY_TAG: study, "state": trial.state}
        child = str(
            client.create_run(where, run_name=f"trial {trial.number}", tags=tags).info.run_id
        )
        now = int(time.time() * 1000)
        numbers = [
            Metric("dev_average_precision", value, now, step) for step, value in trial.curve.items()
        ]
        if trial.score is not None:
            numbers.append(Metric("score", trial.score, now, 0))
        client.log_batch(
            child,
            metrics=numbers,
            params=[Param(key, value) for key, value in trial.settings.items()],
        )
        ended = {"complete": "FINISHED", "pruned": "KILLED"}.get(trial.state, "FAILED")
        client.set_terminated(child, status=ended)
        if trial.score is not None:
            best = client.get_run(parent).data.metrics.get("best_score")
            if best is None or trial.score > best:
                client.log_metric(parent, "best_score", trial.score, step=trial.number)
        client.set_terminated(parent)
