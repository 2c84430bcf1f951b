"""Compare and promote through the command line, on two results of a small project."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import boundary
from pipeline.tracking import store
from tests.conftest import Rhetoric
from tests.project import write_project

pytestmark = pytest.mark.slow

QUICK = ["evaluate.bootstrap_samples=100"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with two results: ``runs/lexicon``, the champion, and ``runs/tfidf``."""
    folder, before = tmp_path_factory.mktemp("project"), Path.cwd()
    write_project(folder)
    codebook = folder / "labels" / "codebook.yaml"
    # Rules without cues for rain, so that the trained model is better.
    codebook.write_bytes(codebook.read_bytes().replace(b"rain*, umbrella", b"drizzle"))
    os.chdir(folder)
    try:
        assert boundary.run(["split", *QUICK]) == 0  # freezes the test passages
        shutil.rmtree("runs")
        for model in ("lexicon", "tfidf"):
            assert boundary.run(["train", f"model={model}", *QUICK]) == 0
            (made,) = [path for path in Path("runs").iterdir() if len(path.name) == 10]
            made.rename(Path("runs") / model)
        yield folder
    finally:
        os.chdir(before)


@pytest.fixture
def rhetoric(project: Path, monkeypatch: pytest.MonkeyPatch, typed: Rhetoric) -> Rhetoric:
    monkeypatch.chdir(project)
    return typed


def test_two_results_are_compared_in_a_table_and_a_page(rhetoric: Rhetoric, project: Path) -> None:
    code, out, err = rhetoric("compare", "runs/lexicon", "runs/tfidf", "-o", "page.html", *QUICK)
    assert (code, err) == (0, "")
    (macro,) = [line for line in out.splitlines() if line.startswith("| Macro F1")]
    stated = [
        json.loads((project / "runs" / name / "metrics.json").read_text(encoding="utf-8"))
        for name in ("lexicon", "tfidf")
    ]
    figures = [f"{metrics['overall']['f1_macro']:.2f}" for metrics in stated]
    assert [cell.strip() for cell in macro.split("|")[2:4]] == figures
    assert "runs/tfidf" in (project / "page.html").read_text(encoding="utf-8")


def test_an_mlflow_run_gives_the_same_result_as_its_folder(rhetoric: Rhetoric) -> None:
    code, out, err = rhetoric("compare", "runs/lexicon", "champion", "A=runs/tfidf", *QUICK)
    assert (code, err) == (0, "")
    # The first version is the lexicon model, which stays champion until another is promoted.
    assert "No difference is shown between champion and runs/lexicon: macro F1 0.000" in out
    assert "A against runs/lexicon" in out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["compare", "runs/lexicon"], "two RUNs or more are needed"),
        (["compare", "runs/lexicon", "runs/typo"], "runs/typo: no such run"),
        (["compare", "A=runs/lexicon,runs/typo", "runs/tfidf"], "runs/typo: no such run"),
        (["compare", "runs/lexicon", "labels"], "labels/predictions.parquet is missing"),
        (["compare", "runs/lexicon", "0" * 32], "has no such run"),
        (
            ["compare", "runs/lexicon", "champion", "tracking.uri=sqlite:///no.db"],
            "no MLflow store",
        ),
        (["compare", "runs/lexicon", "models:/other/3"], "has no such model"),
        (["compare", "runs/lexicon", "runs/lexicon"], "appears twice"),
        (["promote"], "a RUN is missing"),
        (["promote", "runs/typo"], "runs/typo: no such run"),
        (["promote", "runs/tfidf", "--reason", " "], "--reason is empty"),
        (["promote", "runs/tfidf", "tracking.enabled=false"], "no registry"),
    ],
)
def test_user_errors_give_a_one_line_message(
    rhetoric: Rhetoric, argv: list[str], message: str
) -> None:
    code, out, err = rhetoric(*argv)
    assert code in (1, 2)
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def tags(project: Path, version: str) -> dict[str, str]:
    client = store.client(store.absolute(f"sqlite:///{project}/mlflow.db"))
    found = client.get_model_version("rhetoric", version).tags
    return {key.partition(".")[2]: value for key, value in found.items() if key[:9] == "promotion"}


def test_only_a_better_version_or_one_with_a_reason_becomes_champion(
    rhetoric: Rhetoric, project: Path
) -> None:
    code, out, err = rhetoric("promote", "runs/lexicon", *QUICK)
    assert (code, out) == (0, "promote: version 1 is the champion already\n"), err
    code, out, err = rhetoric("promote", "runs/tfidf", *QUICK)
    assert code == 0, err
    assert out.startswith("promote: version 2 is champion now. version 2 is better than version 1")
    found = tags(project, "2")
    assert found["decision"] == "promoted"
    assert found["against_version"] == "1"
    assert found["reason"] == "none given"
    assert float(found["difference"]) > 0
    assert found["interval"].startswith("[+")
    # Five test passages of rain, all lost before and won now: 2 of 2**5 exchanges differ as much.
    assert float(found["p"]) == pytest.approx(2 / 2**5, abs=0.015)
    code, out, err = rhetoric("promote", "models:/rhetoric/1", *QUICK)
    assert (code, out) == (1, "")
    assert "not promoted. version 1 is worse than version 2" in err
    assert tags(project, "1")["decision"] == "not promoted"
    reason = ["--reason", "The rules can be read\nby anybody."]
    code, out, err = rhetoric("promote", "models:/rhetoric/1", *reason, *QUICK)
    assert code == 0, err
    assert tags(project, "1")["decision"] == "promoted"
    assert tags(project, "1")["reason"] == "The rules can be read by anybody."
    # The results of the folders were found and not logged again.
    client = store.client(store.absolute(f"sqlite:///{project}/mlflow.db"))
    assert len(client.search_model_versions("name = 'rhetoric'")) == 2
