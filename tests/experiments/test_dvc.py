"""DVC does again what changed: so it must know of everything that a stage reads."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import stages
from pipeline.config import compose
from pipeline.experiments import dvc

ROOT = Path(__file__).parents[2]
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
# `track` logs what is there, whatever made it.
READING = [name for name in STAGES if name != "track"]


@pytest.mark.parametrize("name", READING)
def test_a_stage_depends_on_the_codebook_and_the_texts_that_it_reads(name: str) -> None:
    source = inspect.getsource(getattr(stages, name))
    if "_with_origin(" in source:
        source += inspect.getsource(stages._with_origin)
    deps = STAGES[name]["deps"]
    assert ("config.codebook" in source) <= ("${codebook}" in deps)
    assert ("_texts(config)" in source) <= ("${label.texts}" in deps)


@pytest.mark.parametrize("name", READING)
def test_a_stage_depends_on_the_rooms_that_it_calls(name: str) -> None:
    source = inspect.getsource(getattr(stages, name))
    whole = re.findall(r"^    from pipeline import (\w+)", source, re.MULTILINE)
    parts = re.findall(r"^    from pipeline\.(\w+)[.\w]* import", source, re.MULTILINE)
    called = {*whole, *parts}
    assert called
    named = {dep.split("/")[1] for dep in STAGES[name]["deps"] if dep.startswith("pipeline/")}
    # The figures come from the model's answers; build/model changes with whatever makes it.
    assert called - named <= ({"models"} if name == "evaluate" else set())


def test_dvc_resolves_every_path_from_the_settings() -> None:
    command = [sys.executable, "-m", "dvc", "stage", "list", "--name-only"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout.split() == list(STAGES), found.stderr


def test_a_table_of_ones_own_is_always_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Sequence[str]] = []

    def run(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[str]:
        called.append(command[2:])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages: {}")
    monkeypatch.setattr(subprocess, "run", run)
    dvc.reproduce(compose([]))
    dvc.reproduce(compose(["labelled.files=[mine.csv]"]))
    assert called == [["dvc", "repro"], ["dvc", "repro", "--force"]]
