"""Shared fixtures: a small codebook with three questions, and coded passages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import settings

from pipeline import codebook as codebooks
from pipeline.cli import boundary
from pipeline.codebook import STANCES, Codebook
from pipeline.datasets.labeled_passages import LabeledPassages
from pipeline.text.passage_id import passage_id

# No deadline: test machines may be slow, and the duration of an example is not tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files in which every test is slow are not imported by ``make check``: most of them import
    torch, which takes longer than the fast tests of many files."""
    if "not slow" not in config.getoption("markexpr") or collection_path.suffix != ".py":
        return None
    all_slow = "\npytestmark = pytest.mark.slow\n" in collection_path.read_text(encoding="utf-8")
    return True if all_slow else None


SMALL_CODEBOOK = """
version: "1"
title: A small codebook for tests
unit: a paragraph
frames:
  - code: rain
    name: {en: Rain, ru: Дождь}
    core: true
    definition: It rains.
    present_when: [water falls from the sky]
    not_when: [somebody takes a bath]
    cues: {en: [rain*, umbrella], ru: [дожд*]}
  - code: wind
    name: {en: Wind}
    definition: It blows.
    present_when: [air moves]
    not_when: [a fan is sold]
    cues: {en: [wind, gale*]}
targets:
  - code: town
    name: {en: Town}
    definition: The town.
    present_when: [the town is mentioned]
    not_when: [another town is meant]
    cues: {en: [town]}
tone:
  against: {en: [bad]}
  favour: {en: [good]}
""".encode()


@pytest.fixture
def small_codebook() -> Codebook:
    return codebooks.parse(SMALL_CODEBOOK, "small.yaml")


PASSAGE_COLUMNS = ("passage_id", "text", "opening", "before", "language", "family")


def passages_of(texts: Sequence[str], language: str = "en") -> pl.DataFrame:
    """Passages without context, each in its own family."""
    return pl.DataFrame(
        {
            "passage_id": [passage_id(text) for text in texts],
            "text": list(texts),
            "opening": [""] * len(texts),
            "before": [""] * len(texts),
            "language": [language] * len(texts),
            "family": [f"f{i}" for i in range(len(texts))],
        },
        schema_overrides=dict.fromkeys(PASSAGE_COLUMNS, pl.String),
    )


Coder = Callable[[Sequence[str], Sequence[Sequence[str]]], LabeledPassages]
Rhetoric = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Rhetoric:
    """``typed(*argv) -> (exit code, stdout, stderr)`` runs a command in the working folder."""

    def run(*argv: str) -> tuple[int, str, str]:
        code = boundary.run(argv)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def rhetoric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Rhetoric) -> Rhetoric:
    """``typed`` inside a small project."""
    from tests.project import write_project

    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return typed


@pytest.fixture
def code(small_codebook: Codebook) -> Coder:
    """``code(texts, answers)``: coded passages, with one row of answers (rain, wind, town) per
    text."""

    def coded(texts: Sequence[str], answers: Sequence[Sequence[str]]) -> LabeledPassages:
        table = np.array([list(row) for row in answers], object).reshape(len(texts), 3)
        soft = np.zeros((len(texts), len(small_codebook.outputs)), np.float32)
        share = {"present": 1.0, "borderline": 0.5, "absent": 0.0, "": 0.0}
        for i, (rain, wind, town) in enumerate(table):
            soft[i, 0], soft[i, 1] = share[rain], share[wind]
            if town in STANCES:
                soft[i, 2 + STANCES.index(town)] = 1.0
        asked = np.repeat(table != "", [1, 1, 3], axis=1)
        return LabeledPassages(passages_of(texts), soft, asked, table)

    return coded
