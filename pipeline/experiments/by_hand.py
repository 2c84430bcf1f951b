"""Runs without DVC: the stages write to a folder under ``runs/`` named after the inputs.

The name is a digest of the settings and the labels. The same command therefore finds and continues
its earlier work, and changed settings never write to another run's folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline import codebook as codebooks
from pipeline import stages
from pipeline.config import Config, components, located, to_yaml
from pipeline.config.run_folder import NON_RESULT_SECTIONS
from pipeline.errors import InputError
from pipeline.experiments import results
from pipeline.io.files import write_text

DONE = ".done"


def by_hand(config: Config, last: str) -> Config:
    """Run every stage up to ``last`` that is not yet done in the run's folder.

    Returns the configuration with ``out`` set to that folder. A stage is done if its marker file
    exists; the marker is written after the tables, so an interrupted stage runs again.
    """
    return in_folder(config, Path("runs") / run_id(config), last)


def in_folder(config: Config, folder: Path, last: str) -> Config:
    """:func:`by_hand` in a given folder."""
    config = dataclasses.replace(config, out=str(folder))
    fresh, first = not folder.exists(), next(iter(stages.PIPELINE))
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "params.yaml", to_yaml(config))
    for name, stage in stages.PIPELINE.items():
        mark = folder / DONE / name
        if not mark.exists():
            with _removed_if_refused(folder, fresh=fresh and name == first):
                stage(config)
            write_text(mark, "")
        if name == last:
            break
    return config


@contextmanager
def _removed_if_refused(folder: Path, *, fresh: bool) -> Iterator[None]:
    """Remove a new folder if its first stage refuses the input."""
    try:
        yield
    except InputError:
        if fresh:
            shutil.rmtree(folder)
            with suppress(OSError):  # the parent may hold other runs
                folder.parent.rmdir()
        raise


def run_id(config: Config) -> str:
    """Ten hexadecimal digits: a digest of the settings that affect the result and of every input
    file."""
    plain = Config()
    same = dataclasses.replace(config, **{key: getattr(plain, key) for key in NON_RESULT_SECTIONS})
    digest = hashlib.sha256(to_yaml(same).encode())
    for path in _inputs(config):
        digest.update(str(path).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:10]


def _inputs(config: Config) -> list[Path]:
    found = [located(config.codebook)]
    if config.labelled.given:
        one = config.labelled.part
        for part in [one] if one else config.labelled.parts or [""]:
            own = dataclasses.replace(config.labelled, part=part)
            for paths in components.table_files(own).values():
                found += paths
    else:
        found += components.post_files(config)
        for folder in (config.label.texts, config.label.annotations, config.label.hydrated):
            found += Path(folder).glob("*.jsonl")
        found += [Path(config.label.coders), Path(config.split.test_passages)]
    return sorted({path for path in found if path.is_file()})


def described(model: Path) -> str:
    """A classifier's folder with its codebook, for display when a model is chosen by default."""
    if not (model / "classifier.json").is_file():
        return str(model)
    codebook = codebooks.load(model / "codebook.yaml")
    return f"{model} (codebook: {codebook.title}, {codebook.version})"


def default_model(config: Config) -> Path:
    """The registry's champion, else the classifier trained most recently on this machine."""
    champion = results.champion(config)
    if champion is not None:
        return champion
    found = [Path("build/model/classifier.json"), *Path("runs").glob("*/model/classifier.json")]
    there = [path for path in found if path.is_file()]
    if not there:
        raise InputError(
            "no trained model on this machine; train one with `rhetoric run`, "
            "or give its folder with --model"
        )
    return max(there, key=lambda path: path.stat().st_mtime).parent
