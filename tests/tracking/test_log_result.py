"""Logging to a real store: a SQLite file shared by all tests of this module, since MLflow takes
seconds to create its tables."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from pipeline import codebook as codebooks
from pipeline import tracking
from pipeline.codebook import Codebook
from pipeline.config.run_folder import NON_RESULT_SECTIONS
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.errors import InputError
from pipeline.evaluation import evaluate_predictions
from pipeline.io import files
from pipeline.models.calibration import Calibration
from pipeline.models.classifier import Classifier
from pipeline.models.linear.lexicon import LexiconModel
from pipeline.tracking import ResultRecord, champions, registry, store

pytestmark = pytest.mark.slow

CODEBOOK = b"""
version: "7"
title: t
unit: u
frames:
  - {code: rain, name: {en: Rain}, definition: d, present_when: [a], not_when: [b], core: true}
  - {code: wind, name: {en: Wind}, definition: d, present_when: [a], not_when: [b]}
targets:
  - {code: town, name: {en: Town}, definition: d, present_when: [a], not_when: [b]}
"""
TEXTS = ["Rain again.", "A windy day.", "The town is good.", "Nothing at all."]
NAME = "weather"


def passages() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "passage_id": [f"p{i}" for i in range(len(TEXTS))],
            "text": TEXTS,
            "opening": [""] * len(TEXTS),
            "before": [""] * len(TEXTS),
            "language": ["en"] * len(TEXTS),
            "family": [f"f{i}" for i in range(len(TEXTS))],
        }
    )


def classifier(book: Codebook) -> Classifier:
    cues = {"rain": ["rain"], "wind": ["wind*"], "stance:town": ["town"]}
    return Classifier(
        LexiconModel(list(book.outputs), cues, {"favour": ["good"]}),
        Calibration.none(len(book.outputs)),
        np.full(len(book.outputs), 0.5),
        book,
        CODEBOOK,
    )


def settings(seed: int, title: str = "t") -> str:
    return yaml.safe_dump(
        {"seed": seed, "train": {"epochs": 4}, "out": title, "report": {"title": title}}
    )


def finished_result(folder: Path) -> ResultRecord:
    """A result on disk as written by the stages, with a learning curve and one figure."""
    book = codebooks.parse(CODEBOOK, "codebook.yaml")
    model = classifier(book)
    model.save(folder / "model")
    files.write_json(
        folder / "model" / "model" / "curve.json",
        {"history": [{"number": 1, "loss": 0.5}, {"number": 2, "loss": 0.25}]},
    )
    answers = np.array(
        [["present", "absent", "absent"], ["absent", "present", "absent"],
         ["absent", "absent", "favour"], ["present", "absent", "absent"]], object,
    )  # fmt: skip
    coded = LabeledPassages(
        passages(),
        np.zeros((4, len(book.outputs)), np.float32),
        np.ones((4, len(book.outputs)), np.bool_),
        answers,
    )
    evaluation = evaluate_predictions(
        model.answer(passages()), coded, book,
        samples=20, confidence=0.9, rng=np.random.default_rng(0),
    )  # fmt: skip
    files.write_json(folder / "metrics.json", evaluation.metrics)
    files.write_parquet(folder / "predictions.parquet", evaluation.predictions)
    lines = [json.dumps(dataclasses.asdict(m)) + "\n" for m in evaluation.mistakes]
    files.write_text(folder / "mistakes.jsonl", "".join(lines))
    files.write_text(folder / "figures" / "curve.svg", "<svg/>")
    files.write_parquet(folder / "labels.parquet", passages())
    return ResultRecord(
        settings=settings(1),
        model=folder / "model",
        metrics=folder / "metrics.json",
        predictions=folder / "predictions.parquet",
        figures=folder / "figures",
        mistakes=folder / "mistakes.jsonl",
        slices=folder / "slices.parquet",
        data=[folder / "labels.parquet"],
        ignored_sections=NON_RESULT_SECTIONS,
    )


@dataclasses.dataclass(frozen=True)
class Logged:
    """The shared store with the first result logged."""

    record: ResultRecord
    uri: str
    run_id: str

    def log(self, record: ResultRecord) -> str:
        return tracking.log_result(
            record, uri=self.uri, experiment="weather (1)", registered_model=NAME
        )

    def with_seed(self, seed: int) -> ResultRecord:
        return dataclasses.replace(self.record, settings=settings(seed))

    def runs(self, record: ResultRecord) -> list[Any]:
        """All runs of a result that were not deleted."""
        client = store.client(self.uri)
        experiment = client.get_experiment_by_name("weather (1)")
        assert experiment is not None
        wanted = f"tags.result_digest = '{record.digest}'"
        return list(client.search_runs([experiment.experiment_id], wanted))


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Logged:
    folder = tmp_path_factory.mktemp("a clone (1)")
    record = finished_result(folder / "build")
    before = Logged(record, f"sqlite:///{folder}/mlflow.db", "")
    return dataclasses.replace(before, run_id=before.log(record))


def test_a_run_has_settings_metrics_curve_provenance_and_files(logged: Logged) -> None:
    client = store.client(logged.uri)
    run = client.get_run(logged.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"seed": "1", "train.epochs": "4"}
    # Rain was found in one of two passages: precision 1, recall 1/2, F1 2/3.
    assert run.data.metrics["f1/rain"] == pytest.approx(2 / 3)
    assert run.data.metrics["en/f1_macro"] == run.data.metrics["f1_macro"]
    curve = client.get_metric_history(logged.run_id, "training/loss")
    assert [(point.step, point.value) for point in curve] == [(1, 0.5), (2, 0.25)]
    tags = run.data.tags
    expected = {"model_kind": "lexicon", "codebook_version": "7", "domain": "in-domain"}
    assert expected.items() <= tags.items()
    assert "| rain" in tags["mlflow.note.content"]
    assert run.inputs is not None
    (data,) = [given.dataset for given in run.inputs.dataset_inputs]
    assert (data.name, data.profile) == ("labels", '{"num_rows": 4}')
    names = {item.path for item in client.list_artifacts(logged.run_id)}
    assert {"metrics.json", "predictions.parquet", "params.yaml", "codebook.yaml"} <= names
    assert client.list_artifacts(logged.run_id, "figures")[0].path == "figures/curve.svg"


def test_predictions_and_mistakes_are_logged_as_tables(logged: Logged) -> None:
    client = store.client(logged.uri)
    run = client.get_run(logged.run_id)
    shown = json.loads(run.data.tags["mlflow.loggedArtifacts"])
    assert {item["path"] for item in shown} == {"tables/predictions.json", "tables/mistakes.json"}
    content = store.client(logged.uri).download_artifacts(logged.run_id, "tables/mistakes.json")
    table = json.loads(Path(content).read_text(encoding="utf-8"))
    # The only mistake: rain, coded in "Nothing at all.", was missed.
    assert table["columns"][:2] == ["question", "confidence"]
    assert [row[0] for row in table["data"]] == ["rain"]
    assert "Nothing at all." in table["data"][0]


def test_artifacts_are_stored_beside_the_database(logged: Logged) -> None:
    database = store.sqlite_file(store.absolute(logged.uri))
    assert database is not None
    (experiment,) = (database.parent / "mlartifacts").iterdir()
    assert (experiment / logged.run_id / "artifacts" / "metrics.json").is_file()


def test_the_same_result_in_another_folder_is_not_logged_again(
    logged: Logged, tmp_path: Path
) -> None:
    assert logged.log(logged.record) == logged.run_id
    # In another folder and with another report title.
    copy = dataclasses.replace(finished_result(tmp_path), settings=settings(1, "another"))
    assert logged.log(copy) == logged.run_id
    assert len(logged.runs(logged.record)) == 1


def test_the_first_version_is_champion_and_its_folder_is_a_classifier(logged: Logged) -> None:
    folder = tracking.champion(logged.uri, NAME)
    assert folder is not None
    loaded = Classifier.load(folder)
    expected = classifier(loaded.codebook).answer(passages())
    assert np.array_equal(loaded.answer(passages()).probabilities, expected.probabilities)
    assert tracking.champion(logged.uri, "another name") is None


def test_the_quick_query_gives_the_same_result_as_mlflow(logged: Logged) -> None:
    address = store.absolute(logged.uri)
    database = store.sqlite_file(address)
    assert database is not None
    for name in (NAME, "another name"):
        assert champions._by_query(database, name) == champions._by_client(address, name)


def test_another_result_is_another_run_and_does_not_change_the_champion(logged: Logged) -> None:
    before = tracking.champion(logged.uri, NAME)
    other = logged.log(logged.with_seed(2))
    assert other != logged.run_id
    assert tracking.champion(logged.uri, NAME) == before
    versions = store.client(logged.uri).search_model_versions(f"run_id = '{other}'")
    assert [version.tags["model_kind"] for version in versions] == ["lexicon"]


def test_an_incomplete_run_of_a_dead_process_is_replaced(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = logged.with_seed(3)

    def killed(*args: object, **kwargs: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(registry, "register", killed)
        with pytest.raises(KeyboardInterrupt):
            logged.log(record)
    (dead,) = logged.runs(record)
    assert "complete" not in dead.data.tags
    whole = logged.log(record)
    assert [run.info.run_id for run in logged.runs(record)] == [whole]
    assert whole != dead.info.run_id


def test_two_processes_logging_the_same_result_create_one_run(logged: Logged) -> None:
    record = logged.with_seed(4)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(logged.log, [record, logged.with_seed(4)])
    assert first == second
    assert len(logged.runs(record)) == 1


def test_an_unfinished_result_is_refused(logged: Logged, tmp_path: Path) -> None:
    record = dataclasses.replace(logged.record, metrics=tmp_path / "metrics.json")
    with pytest.raises(InputError, match=r"metrics\.json: missing.*`rhetoric run`"):
        logged.log(record)


def test_a_sweep_is_a_parent_run_and_is_logged_once(logged: Logged) -> None:
    runs = {f"seed={seed}": logged.log(logged.with_seed(seed)) for seed in (5, 6)}

    def sweep(children: dict[str, str]) -> str:
        return tracking.log_sweep(
            children, settings=["seed=5,6"], note="a table", uri=logged.uri,
            experiment="weather (1)",
        )  # fmt: skip

    parent = sweep(runs)
    assert sweep(runs) == parent
    client = store.client(logged.uri)
    found = client.get_run(parent)
    assert found.data.params == {"seed": "5,6"}
    assert found.info.run_name == "sweep seed=5,6"
    assert found.data.metrics["runs"] == 2
    scores = [client.get_run(run).data.metrics["f1_macro"] for run in runs.values()]
    assert found.data.metrics["mean_f1_macro"] == pytest.approx(sum(scores) / 2)
    assert found.data.tags["mlflow.note.content"] == "a table"
    children = [client.get_run(run).data.tags for run in runs.values()]
    assert [tags["mlflow.parentRunId"] for tags in children] == [parent, parent]
    assert [tags["sweep"] for tags in children] == ["seed=5", "seed=6"]
    # A larger sweep becomes their parent; the first keeps their ids.
    larger = sweep(runs | {"seed=1": logged.run_id})
    assert client.get_run(runs["seed=5"]).data.tags["mlflow.parentRunId"] == larger
    assert client.get_run(parent).data.tags["sweep_runs"].split() == list(runs.values())


def test_a_sweep_over_settings_has_no_mean_over_them(logged: Logged) -> None:
    runs = {f"model=m{seed} seed={seed}": logged.log(logged.with_seed(seed)) for seed in (5, 6)}
    parent = tracking.log_sweep(
        runs, settings=["model=m5,m6"], note="", uri=logged.uri, experiment="weather (1)"
    )
    metrics = store.client(logged.uri).get_run(parent).data.metrics
    assert {*metrics} == {"runs", "best_f1_macro"}


def test_a_run_has_the_name_of_its_record_or_of_its_kind(logged: Logged) -> None:
    named = dataclasses.replace(logged.with_seed(7), name="lexicon seed=7")
    client = store.client(logged.uri)
    assert client.get_run(logged.log(named)).info.run_name == "lexicon seed=7"
    unnamed = client.get_run(logged.run_id).info.run_name
    assert unnamed == f"lexicon-{logged.record.digest[:6]}"


def test_the_curve_of_an_encoder_has_one_name_however_deep_it_lies(
    logged: Logged, tmp_path: Path
) -> None:
    for folder in ("model", "model/0", "model/whole/1/member"):
        model = tmp_path / folder.replace("/", "-")
        files.write_json(model / folder / "encoder.json", {"history": [{"loss": 0.5}]})
        assert dataclasses.replace(logged.record, model=model).curves() == [[{"loss": 0.5}]]


SERVED = """
import json, sys, mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
frame = pandas.DataFrame({"text": ["Rain.", "The town is good."], "post_id": ["a", "b"]})
rows = model.predict(frame).to_dict("records")
records = model.predict([{"text": "Wind."}]).to_dict("records")
print(json.dumps([rows, records]))
"""


def test_the_served_model_works_without_the_package_installed(
    logged: Logged, tmp_path: Path
) -> None:
    folder = tracking.champion(logged.uri, NAME)
    assert folder is not None
    # -I ignores the working directory and PYTHONPATH; the code comes with the model.
    done = subprocess.run(
        [sys.executable, "-I", "-c", SERVED, str(folder.parent.parent)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows, records = json.loads(done.stdout.splitlines()[-1])
    assert [row["post_id"] for row in rows] == ["a", "b"]
    assert [row["rain"] for row in rows] == [True, False]
    assert [row["stance_town"] for row in rows] == ["absent", "favour"]
    assert records[0]["wind"] is True
    assert "post_id" not in records[0]
