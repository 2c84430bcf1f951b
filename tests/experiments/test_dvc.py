"""dvc.yaml must list everything that a stage reads, so that DVC notices changes."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import grimp
import pytest
import yaml
from grimp import ImportGraph

from pipeline import stages
from pipeline.config import components, compose
from pipeline.config.run_folder import Tables
from pipeline.experiments import dvc

ROOT = Path(__file__).parents[2]
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
# `track` logs finished results and needs no code dependencies.
READING = [name for name in STAGES if name != "track"]


# File writing and error messages do not affect tables; settings are DVC params.
BESIDE = ("pipeline.io", "pipeline.errors", "pipeline.config", "pipeline.stages", "pipeline")


def imported_in(function: str, module: ModuleType, seen: frozenset[str] = frozenset()) -> set[str]:
    """Modules that a function imports, directly or through functions of its module that it
    calls."""
    found: set[str] = set()
    if function in seen:
        return found
    seen |= {function}
    tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(module, function))))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pipeline"):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "components":
                found |= imported_in(node.attr, components, seen)
            elif node.value.id == "codebooks":
                found.add("pipeline.codebook")
        elif isinstance(node, ast.Name):
            own = getattr(module, node.id, None)
            if inspect.isfunction(own) and own.__module__ == module.__name__:
                found |= imported_in(node.id, module, seen)
    return found


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    return grimp.build_graph("pipeline")


@pytest.mark.parametrize("name", READING)
def test_a_stage_depends_on_every_module_that_it_uses(name: str, graph: ImportGraph) -> None:
    called = imported_in(name, stages) & graph.modules
    assert called
    used = called.union(*(graph.find_upstream_modules(module) for module in called))
    used = {
        module for module in used
        if not any(module == room or module.startswith(room + ".") for room in BESIDE[:-1])
        and module != "pipeline"
    }  # fmt: skip
    named = [
        dep.removesuffix(".py").replace("/", ".")
        for dep in STAGES[name]["deps"]
        if dep.startswith("pipeline/")
    ]
    missing = [
        module
        for module in sorted(used)
        if not any(module == dep or module.startswith(dep + ".") for dep in named)
        and not any(
            other.startswith(module + ".") for other in used
        )  # the __init__ of a used package
    ]
    assert missing == [], f"dvc.yaml: {name} does not depend on them"
    unused = [
        dep for dep in named
        if not any(module == dep or module.startswith(dep + ".") for module in used)
    ]  # fmt: skip
    assert unused == [], f"dvc.yaml: {name} does not use them"


def test_the_metrics_that_dvc_shows_are_about_ten_figures_of_one_file() -> None:
    shown = [path for stage in STAGES.values() for path in stage.get("metrics", [])]
    assert shown == [str(Tables("build").main_metrics)]
    written = {out for stage in STAGES.values() for out in stage.get("outs", [])}
    assert {"build/metrics.json", "build/agreement.json"} <= written


@pytest.mark.slow
def test_dvc_resolves_every_path_from_the_settings() -> None:
    command = [sys.executable, "-m", "dvc", "stage", "list", "--name-only"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout.split() == list(STAGES), found.stderr


@pytest.mark.slow
def test_a_user_table_is_always_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
