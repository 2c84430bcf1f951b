"""``rhetoric config``: the settings as they are composed, each with its source."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from pipeline.config import Config, compose
from pipeline.config.provenance import explained

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def sources(text: str) -> dict[str, str]:
    """Dotted key → source, of the lines that have one."""
    found: dict[str, str] = {}
    above: list[str] = []
    for line in text.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        key, _, rest = line.strip().partition(":")
        above[depth:] = [key]
        if "  # " in rest:
            found[".".join(above)] = rest.rpartition("  # ")[2]
    return found


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["experiment=two_epochs", "model=tfidf", "ingest/table=telethon", "seed=4"],
        ["labelled.answers={some: borderline}", "labelled.separator=' #'", "tune=own"],
        ["backbone=hub", "backbone.name=xlm-roberta-base", "+ingest.channel_aliases.x=y"],
    ],
)
def test_it_is_the_composed_settings_in_yaml(overrides: list[str]) -> None:
    plain = OmegaConf.to_container(
        OmegaConf.structured(compose(overrides)), resolve=True, enum_to_str=True
    )
    assert yaml.safe_load(explained(overrides)) == plain


def test_a_value_names_the_file_or_the_command_line_that_set_it() -> None:
    found = sources(
        explained(
            ["experiment=two_epochs", "train.batch_size=16", "model=tfidf", "ingest/table=telethon",
             "+labelled.answers={some: borderline}"]
        )
    )  # fmt: skip
    assert found["train.epochs"] == "configs/experiment/two_epochs.yaml"
    assert found["train.batch_size"] == "command line"
    assert found["model.kind"] == "configs/model/tfidf.yaml"
    assert found["ingest.table.collector"] == "configs/ingest/table/telethon.yaml"
    assert found["backbone.name"] == "configs/backbone/e5.yaml"
    assert found["labelled.answers.some"] == "command line"
    # A value that is the default of its class needs no source.
    assert "train.patience" not in found
    assert "seed" not in found


def test_what_the_command_line_sets_over_a_file_is_said_to_come_from_it() -> None:
    assert sources(explained(["experiment=two_epochs", "train.epochs=5"]))["train.epochs"] == (
        "command line"
    )
    whole = sources(explained(["model.tfidf={word_ngrams: 3, context: none}"]))
    assert whole["model.tfidf.word_ngrams"] == "command line"


@pytest.mark.parametrize("path", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_value_that_is_no_default_has_a_source(path: Path) -> None:
    group, name = path.parent.relative_to(ROOT / "configs").as_posix(), path.stem
    if group in (".", "codebooks"):
        pytest.skip("no group of settings")
    extra = ["backbone.name=x"] if (group, name) == ("backbone", "hub") else []
    found = sources(explained([f"{group}={name}", *extra]))
    composed = OmegaConf.structured(compose([f"{group}={name}", *extra]))
    default = OmegaConf.structured(Config())
    for key in ("train", "backbone", "model", "labelled", "ingest", "runner", "split"):
        theirs = OmegaConf.to_container(composed[key], enum_to_str=True)
        ours = OmegaConf.to_container(default[key], enum_to_str=True)
        for inner in _differing(theirs, ours, key):
            assert any(at == inner or at.startswith(f"{inner}.") for at in found), inner


def _differing(theirs: object, ours: object, at: str) -> list[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict) and ours:
        return [
            found
            for key, value in theirs.items()
            for found in _differing(value, ours.get(key), f"{at}.{key}")
        ]
    return [] if theirs == ours else [at]
