"""``rhetoric init``: the files that a new project begins with."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.config.locations import BESIDE_LABELS, CODEBOOK, shipped
from pipeline.errors import InputError, did_you_mean
from pipeline.io import files

OURS = "ours"
_TEMPLATES = Path(__file__).parent / "templates"
_EXAMPLES = "configs/codebooks"
# Git keeps no empty folder.
_EMPTY = {
    "labels/annotations/.gitkeep": "",
    "labels/texts/.gitkeep": "",
    "labels/hydrated/.gitignore": "*\n!.gitignore\n",
    "labels/test_passages.txt": "# Written by the first `rhetoric run`: passages only tested on.\n",
}
# DVC works in a folder that is under git and in one that is not.
_DVC = {
    ".dvc/config": "[core]\n    no_scm = true\n",
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
}
_STAGES_HEADER = "# Run by `rhetoric run [key=value …]`, which writes params.yaml.\n"
# Code that a stage of the clone depends on; a project runs the installed package.
_CODE = "pipeline/"


def start(folder: Path, source: str | None = None) -> Codebook:
    """Write a project into a new or empty folder; returns its codebook.

    ``source`` is one of :func:`sources`; None: a commented codebook with two frames and a target.
    If writing fails, nothing that was written stays.

    Raises:
        InputError: unknown source, or ``folder`` is a file, or not empty (``.git`` does not count).
    """
    content = _codebook(source)
    codebook = codebooks.parse(content.encode(), BESIDE_LABELS)
    _check_empty(folder)
    new = not folder.exists()
    written = {
        BESIDE_LABELS: content,
        "README.md": _readme(codebook),
        ".gitignore": _template("gitignore"),
        ".gitattributes": _template("gitattributes"),
        "labels/coders.yaml": _template("coders.yaml"),
        "dvc.yaml": _stages(),
        **_EMPTY,
        **_DVC,
    }
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name, text in written.items():
            files.write_text(folder / name, text)
    except BaseException:
        _remove(folder, written, whole=new)
        raise
    return codebook


def sources() -> list[str]:
    """What a codebook can be copied from: ours, and the examples by name."""
    return [OURS, *sorted(path.stem for path in shipped(_EXAMPLES).glob("*.yaml"))]


def _codebook(source: str | None) -> str:
    if source is None:
        return _template("codebook.yaml")
    if source not in sources():
        raise InputError(f"--from {source}: no such codebook{did_you_mean(source, sources())}")
    path = shipped(CODEBOOK) if source == OURS else shipped(f"{_EXAMPLES}/{source}.yaml")
    return path.read_text(encoding="utf-8")


def _check_empty(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a folder that is new or empty")
    names = [entry.name for entry in folder.iterdir() if entry.name != ".git"]
    found = sorted(names, key=lambda name: (name.startswith("."), name))
    if found:
        raise InputError(
            f"{folder}: is not empty, it holds {found[0]}"
            + (f" and {len(found) - 1} more" if found[1:] else "")
            + "; nothing was written, name a folder that is new or empty"
        )


def _remove(folder: Path, written: Mapping[str, str], *, whole: bool) -> None:
    if whole:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for top in {name.partition("/")[0] for name in written}:
        path = folder / top
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _stages() -> str:
    """The clone's dvc.yaml without dependencies on its code."""
    import yaml

    found: dict[str, Any] = yaml.safe_load(shipped("dvc.yaml").read_text(encoding="utf-8"))
    for stage in found["stages"].values():
        stage["deps"] = [name for name in stage["deps"] if not name.startswith(_CODE)]
    text = yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=1000)
    return f"{_STAGES_HEADER}{text}"


def _readme(codebook: Codebook) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template("README.md.j2").render(title=codebook.title)


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
