"""One MLflow run per result, logged once from the finished files; partial runs are replaced."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.errors import InputError
from pipeline.evaluation import slice_table, summary
from pipeline.io import files
from pipeline.tracking import provenance, registry, store
from pipeline.tracking.champions import CLASSIFIER_TAG
from pipeline.tracking.flat import flat_curve, flat_metrics, flat_settings
from pipeline.tracking.model import log_model
from pipeline.tracking.record import ResultRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Run

DIGEST_TAG = "result_digest"
COMPLETE_TAG = "complete"
# An incomplete run of another machine counts as dead after this long.
_DEAD_AFTER_SECONDS = 3600
_PARAMS_A_BATCH, _METRICS_A_BATCH = 100, 1000
_MOST_OF_A_NOTE = 7900  # MLflow truncates tags at 8000 characters
_MISTAKES_SHOWN = 200


def log_result(record: ResultRecord, *, uri: str, experiment: str, registered_model: str) -> str:
    """Log a finished result and register its model; returns the run id.

    A result that was already logged in this experiment (identified by
    :attr:`ResultRecord.digest`) is not logged again, and the earlier run id is returned. An
    incomplete run of a process that died is replaced. The first version of the registered model
    becomes champion. Raises InputError for an unfinished result and for a store that does not
    respond; files are not changed.
    """
    record.check()
    address = store.absolute(uri)
    with store.exclusive(address):
        client = store.client(address)
        return _log_once(client, address, record, experiment, registered_model)


def _log_once(
    client: MlflowClient,
    address: str,
    record: ResultRecord,
    experiment: str,
    registered_model: str,
) -> str:
    with store.converting_errors(address):
        experiment_id = experiment_of(client, address, experiment)
        for run in _runs_of(client, experiment_id, record.digest):
            if run.data.tags.get(COMPLETE_TAG) == "true":
                return str(run.info.run_id)
            _remove_dead(client, run, registered_model)
        return _log(client, record, experiment_id, registered_model)


def experiment_of(client: MlflowClient, address: str, name: str) -> str:
    """The id of an experiment, created if missing; in a SQLite store, artifacts of a new one are
    kept next to the database."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        database = store.sqlite_file(address)
        location = None
        if database is not None:
            location = (database.parent / "mlartifacts" / re.sub(r"[^\w.-]+", "_", name)).as_uri()
        try:
            return str(client.create_experiment(name, artifact_location=location))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(name)
    if found is None or found.lifecycle_stage == "deleted":
        raise InputError(
            f"MLflow's experiment {name!r} was deleted; restore it, or choose another with "
            "tracking.experiment=NAME"
        )
    return str(found.experiment_id)


def _runs_of(client: MlflowClient, experiment_id: str, digest: str) -> list[Run]:
    """The runs with this digest, complete ones first."""
    runs = client.search_runs([experiment_id], f"tags.{DIGEST_TAG} = '{digest}'")
    return sorted(runs, key=lambda run: run.data.tags.get(COMPLETE_TAG) != "true")


def _remove_dead(client: MlflowClient, run: Run, registered_model: str) -> None:
    """Delete an incomplete run unless another machine may still be writing it.

    An incomplete run of this machine is always dead, since its writer would hold the store's lock.
    """
    age = time.time() - run.info.start_time / 1000
    here = run.data.tags.get("host") == provenance.host()
    if not here and age < _DEAD_AFTER_SECONDS:
        return
    for version in registry.versions(client, registered_model, run.info.run_id):
        client.delete_model_version(registered_model, version.version)
    if run.outputs is not None:
        for output in run.outputs.model_outputs:
            client.delete_logged_model(output.model_id)
    client.delete_run(run.info.run_id)


def _log(
    client: MlflowClient, record: ResultRecord, experiment_id: str, registered_model: str
) -> str:
    metrics = files.read_json(record.metrics)
    tags = provenance.tags(record, str(metrics["domain"]))
    name = record.name or f"{tags['model_kind']}-{record.digest[:6]}"
    run = client.create_run(
        experiment_id,
        run_name=name,
        tags={
            DIGEST_TAG: record.digest,
            "mlflow.note.content": _note(metrics),
            **provenance.origin(),
            **tags,
        },
    )
    run_id = str(run.info.run_id)
    _log_numbers(client, run_id, record, metrics)
    _log_datasets(client, run_id, record)
    _log_files(client, run_id, record)
    _log_tables(client, run_id, record)
    model_id = log_model(client, record, experiment_id=experiment_id, run_id=run_id, tags=tags)
    version = registry.register(
        client,
        registered_model,
        model_id=model_id,
        run_id=run_id,
        tags={
            **tags,
            DIGEST_TAG: record.digest,
            CLASSIFIER_TAG: f"artifacts/{record.model.name}",
        },
    )
    client.set_tag(run_id, "registered_version", version)
    client.set_terminated(run_id)
    client.set_tag(run_id, COMPLETE_TAG, "true")
    return run_id


def _note(metrics: dict[str, Any]) -> str:
    return cut_note(f"{summary(metrics)}\n{slice_table(metrics)}")


def cut_note(text: str) -> str:
    """Truncate a note at a line end to the length that MLflow accepts."""
    if len(text) > _MOST_OF_A_NOTE:
        text = text[:_MOST_OF_A_NOTE].rpartition("\n")[0] + "\n\n… the rest is in metrics.json"
    return text


def _log_numbers(
    client: MlflowClient, run_id: str, record: ResultRecord, metrics: dict[str, Any]
) -> None:
    """Log settings, metrics, and the learning curve by step."""
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    params = [Param(key, value) for key, value in flat_settings(record.result_settings).items()]
    numbers: list[Metric] = [
        Metric(key, value, now, 0) for key, value in flat_metrics(metrics).items()
    ]
    for place, history in enumerate(record.curves(), start=1):
        numbers += [
            Metric(key, value, now, step) for key, value, step in flat_curve(place, history)
        ]
    for batch in _batches(params, _PARAMS_A_BATCH):
        client.log_batch(run_id, params=batch)
    for batch in _batches(numbers, _METRICS_A_BATCH):
        client.log_batch(run_id, metrics=batch)


def _batches(items: list[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _log_datasets(client: MlflowClient, run_id: str, record: ResultRecord) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    client.log_inputs(
        run_id,
        datasets=[
            DatasetInput(
                Dataset(
                    name=data.name,
                    digest=data.digest,
                    source_type="local",
                    source=data.source,
                    profile=data.profile,
                ),
                tags=[InputTag("mlflow.data.context", data.name)],
            )
            for data in provenance.datasets(record)
        ],
    )


def _log_files(client: MlflowClient, run_id: str, record: ResultRecord) -> None:
    """Log the files in the result's folder."""
    for path in (
        record.metrics,
        record.predictions,
        record.mistakes,
        record.slices,
        record.folds,
        record.model / "codebook.yaml",
    ):
        if path is not None and path.is_file():
            client.log_artifact(run_id, str(path))
    if record.figures.is_dir():
        client.log_artifacts(run_id, str(record.figures), "figures")
    client.log_text(run_id, store.shown(record.settings), "params.yaml")


def _log_tables(client: MlflowClient, run_id: str, record: ResultRecord) -> None:
    """Log MLflow tables: every prediction, and the most confident mistakes with their text."""
    table = files.read_parquet(record.predictions)
    shown = table.select(
        "passage_id", "language", "question", "decision", "answer",
        pl.col("probabilities").list.max().round(3).alias("largest_probability"),
    )  # fmt: skip
    client.log_table(run_id, shown.to_dict(as_series=False), "tables/predictions.json")
    if record.mistakes.is_file() and record.mistakes.stat().st_size:
        mistakes = pl.read_ndjson(record.mistakes).head(_MISTAKES_SHOWN)
        columns = ["question", "confidence", "said", "answer", "language", "text", "passage_id"]
        client.log_table(
            run_id, mistakes.select(columns).to_dict(as_series=False), "tables/mistakes.json"
        )
