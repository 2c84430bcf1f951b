from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.tracking import FinishedTrial, log_trial

pytestmark = pytest.mark.slow


def test_trials_are_children_of_one_study(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    for number, (state, score) in enumerate(
        [("complete", 0.5), ("pruned", None), ("complete", 0.75)]
    ):
        trial = FinishedTrial(number, {"train.epochs": "2"}, state, score, {1: 0.25})
        log_trial(trial, study="s 123", note="seed: 1\n", uri=uri, experiment="e")
    client = MlflowClient(uri)
    found = client.get_experiment_by_name("e")
    assert found is not None
    runs = client.search_runs([found.experiment_id])
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if run is not parent]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert sorted(run.info.status for run in children) == ["FINISHED", "FINISHED", "KILLED"]
    assert parent.data.metrics == {"best_score": 0.75}
    assert all(run.data.metrics["dev_average_precision"] == 0.25 for run in children)
    assert all(run.data.params == {"train.epochs": "2"} for run in children)
