"""What was swept, and the command that is printed for it, in a shell's words."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.experiments import run as running
from pipeline.experiments import sweep as sweeps
from pipeline.experiments.results import Result
from pipeline.experiments.sweep import Child
from pipeline.io import files
from tests.conftest import Rhetoric

pytestmark = pytest.mark.slow

QUIET = ["evaluate.bootstrap_samples=20", "tracking.enabled=false"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["model=tfidf,lexicon", "seed=1,2"], {"model", "seed"}),
        (["model=glob(t*)", "seed=range(1,4)"], {"model", "seed"}),
        (["model=choice(tfidf,probe)", "train.dropout=interval(0,1)"], {"model", "train.dropout"}),
        # A comma alone sweeps nothing: in a list, in a dictionary, in quotes.
        (["labelled.files=[a.csv,b.csv]", "labelled.separator=','"], set()),
        (["+labelled.answers={some: borderline, none: absent}", "seed=1"], set()),
        (["++seed=1,2"], {"seed"}),
    ],
)
def test_what_was_swept_is_what_hydra_expands(settings: list[str], expected: set[str]) -> None:
    assert sweeps.swept(settings) == expected


def test_a_glob_over_models_makes_a_row_of_each(
    rhetoric: Rhetoric, monkeypatch: pytest.MonkeyPatch
) -> None:
    def done(config: Config, command: str, *, swept: bool) -> Result:
        name = f"runs/{config.model.kind.value}{config.seed}"
        return Result(name, None, config, 0.5)

    monkeypatch.setattr(running, "run", done)
    code, out, err = rhetoric("train", "-m", "model=glob(t*)", "seed=1,2", *QUIET)
    assert code == 0, err
    rows = [line.split("|")[1:3] for line in out.splitlines() if line.startswith("| model=")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["model=tfidf", "2"],
        ["model=transformer", "2"],
    ]


def test_files_of_the_command_line_reach_every_run_of_a_sweep(
    rhetoric: Rhetoric, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[str], int]] = []

    def done(config: Config, command: str, *, swept: bool) -> None:
        seen.append((config.labelled.files, config.seed))

    monkeypatch.setattr(running, "run", done)
    files.write_text(Path("mine (1).csv"), "text,rain\nIt rained.,1\n")
    for command in ("train", "evaluate"):
        seen.clear()
        assert rhetoric(command, "mine (1).csv", "-m", "seed=1,2")[0] == 0
        assert seen == [(["mine (1).csv"], 1), (["mine (1).csv"], 2)]


def test_the_command_that_compares_is_one_that_a_shell_takes() -> None:
    def child(word: str, reference: str) -> Child:
        return Child((word,), Result(reference, None, Config(), 0.5))

    children = [
        child("labelled.files=[a (1).csv,b.csv]", "runs/1"),
        child("+tune.space={a: {low: 1}, b=c}", "runs/2"),
    ]
    line = sweeps.table(children).splitlines()[-1].removeprefix("compare with: ")
    words = shlex.split(line)
    assert words[:2] == ["rhetoric", "compare"]
    assert [word.rpartition("=")[2] for word in words[2:]] == ["runs/1", "runs/2"]
    assert all(word.count("=") == 1 for word in words[2:])
