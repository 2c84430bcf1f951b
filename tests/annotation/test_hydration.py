"""Answers about texts that may not be redistributed, and the user's own copy of those texts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.campaign.passages import input_passages
from pipeline.cli import boundary
from pipeline.config import compose
from pipeline.datasets import hydration
from tests.test_flow import QUICK, only_run

CODEBOOK = Path(__file__).parents[2] / "labels" / "codebook.yaml"
POST = (
    "The embassy opened its doors to visitors on Saturday morning.\n\n"
    "Two hundred guests came to hear the choir sing in the garden.\n\n"
    "The next such day is planned for the first Sunday of October."
)
Rhetoric = Callable[..., int]


@pytest.fixture
def rhetoric(typed_over: Rhetoric) -> Rhetoric:
    """The words after ``labels``."""
    return partial(typed_over, "labels")


def export(path: Path) -> Path:
    path.write_text(json.dumps({"id": "a/1", "channel": "a", "text": POST}) + "\n")
    return path


def ids(path: Path) -> list[str]:
    found = input_passages([path], compose([])).sort("position")
    return found["passage_id"].to_list()


@pytest.mark.slow
def test_texts_are_found_kept_apart_and_counted(
    rhetoric: Rhetoric, labels: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    posts = export(tmp_path / "posts.jsonl")
    labels.write_text("A passage of the corpus")
    for key in (*ids(posts)[:2], "f" * 16):
        labels.write_answers("anna", key, {"integration": "present"}, codebook_version="1.1")
    assert rhetoric("check") == 0
    assert "3 passages without their text: 0 mistakes" in capsys.readouterr().out
    assert rhetoric("hydrate", str(posts)) == 0
    out = capsys.readouterr().out
    assert "2 texts found, 0 were already there, 1 are still missing" in out
    kept = hydration.read(tmp_path / "own")
    assert sorted(kept["passage_id"]) == sorted(ids(posts)[:2])
    # The second time nothing is new, and nothing is lost.
    assert rhetoric("hydrate", str(posts)) == 0
    assert "0 texts found, 2 were already there, 1 are still missing" in capsys.readouterr().out
    assert hydration.read(tmp_path / "own").equals(kept)
    assert rhetoric("check") == 0
    assert "1 passages without their text, 2 hydrated" in capsys.readouterr().out


def test_git_leaves_the_folder_alone(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    passages = input_passages([export(tmp_path / "posts.jsonl")], compose([]))
    texts = hydration.found(passages["passage_id"].to_list(), passages)
    hydration.keep(tmp_path / "labels" / "hydrated", texts)
    told = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert (tmp_path / "labels" / "hydrated" / hydration.FILE).is_file()
    assert sorted(told.stdout.split()[1::2]) == ["labels/hydrated/.gitignore", "posts.jsonl"]


def test_the_folder_of_this_project_is_ignored() -> None:
    ignore = CODEBOOK.parent / "hydrated" / ".gitignore"
    assert ignore.read_text().splitlines() == ["*", "!.gitignore"]


@pytest.mark.slow
def test_training_learns_from_hydrated_texts_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import polars as pl

    from pipeline.annotation.lines import Line, read, write
    from tests.project import write_project

    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    posts = export(tmp_path / "posts.jsonl")
    wanted = ids(posts)
    for coder in ("one", "two"):
        path = tmp_path / "labels" / "annotations" / f"{coder}.jsonl"
        write(path, [*read(path), *(Line(key, {}, "1") for key in (*wanted, "e" * 16))])
    assert boundary.run(["labels", "hydrate", str(posts)]) == 0
    assert "3 texts found" in capsys.readouterr().out
    assert boundary.run(["split", *QUICK]) == 0
    assert "1 labelled passages have no text here" in capsys.readouterr().err
    folds = pl.read_parquet(only_run(tmp_path) / "folds.parquet")
    own = folds.filter(pl.col("passage_id").is_in(wanted))
    # One post, so one fold.
    assert own.height == 3
    assert own["fold"].n_unique() == 1
    assert own["component"].n_unique() == 1
