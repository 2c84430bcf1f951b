"""A small codebook, a model of its cues, and posts, for the tests of scoring."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.io.progress import quiet
from pipeline.models.calibration import Calibration
from pipeline.models.classifier import Classifier
from pipeline.models.linear.lexicon import LexiconModel
from pipeline.scoring import Reading, Resume, ScoreSettings, ScoreSummary, score_files
from pipeline.scoring.runners import Runner

CODEBOOK = """
version: "0.3"
title: Two frames and a target
unit: One paragraph.
frames:
  - code: orbit
    name: {en: Orbit}
    definition: Something goes round something.
    present_when: [it goes round]
    not_when: [it stands]
  - code: tide
    name: {en: Tide}
    definition: Water comes and goes.
    present_when: [it comes and goes]
    not_when: [it stands]
targets:
  - code: moon
    name: {en: The Moon}
    definition: The Moon.
    present_when: [it is named]
    not_when: [it is not]
"""

POSTS = [
    {
        "id": f"probe/{number}",
        "channel": "probe" if number % 3 else "survey",
        "date": f"2026-01-{1 + number % 28:02d}T10:00:00Z",
        "text": text,
    }
    for number, text in enumerate(
        [
            "The crew slept well that night. The station keeps its orbit without any effort.",
            "Прилив начался утром, как и обещали. Орбита станции не изменилась за ночь.",
            "=SUM(A1:A9) is how the tide table begins. The moon is praised by everyone here.",
            "short",
            "Nothing of note happened on the pier today, and nobody complained about that.",
            "A first paragraph that speaks of a tide and of nothing else at all.\n\n"
            "A second one says the moon is blamed for the high tide. The orbit is fine.",
            "The crew slept well that night. The station keeps its orbit without any effort.",
            "\u202eThe tide\u202c 😀 <b>bold</b> and e\u0301 go on. So does the orbit",
        ]
    )
]


class Score(Protocol):
    """score_files with the settings of these tests."""

    def __call__(
        self,
        destination: Path,
        *files: Path,
        model: Path | None = None,
        min_characters: int = 25,
        shard_passages: int = 3,
        evidence: bool = True,
        formats: Iterable[str] = ("parquet",),
        restart: bool = False,
        update: bool = False,
        runner: Runner | None = None,
    ) -> ScoreSummary: ...


@pytest.fixture
def codebook() -> Codebook:
    return codebooks.parse(CODEBOOK.encode(), "codebook.yaml")


@pytest.fixture
def save_model(codebook: Codebook, tmp_path: Path) -> Callable[..., Path]:
    """Saves a lexicon of the given cues and thresholds; returns its folder."""

    def save(
        name: str = "model",
        yaml: str = CODEBOOK,
        cues: Mapping[str, list[str]] | None = None,
        provenance: Mapping[str, object] | None = None,
    ) -> Path:
        own = codebooks.parse(yaml.encode(), "codebook.yaml")
        cues = cues or {
            "orbit": ["orbit*", "орбит*"],
            "tide": ["tide*", "прилив*"],
            "stance:moon": ["moon"],
        }
        tone = {"against": ["blamed"], "favour": ["praised"]}
        Classifier(
            fitted=LexiconModel(list(own.outputs), dict(cues), tone),
            calibration=Calibration.none(len(own.outputs)),
            thresholds=np.full(len(own.outputs), 0.5),
            codebook=own,
            codebook_yaml=yaml.encode(),
            provenance=dict(provenance or {}),
        ).save(tmp_path / name)
        return tmp_path / name

    return save


@pytest.fixture
def model(save_model: Callable[..., Path]) -> Path:
    return save_model()


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    return write_posts(tmp_path / "posts.jsonl", POSTS)


def write_posts(path: Path, posts: Iterable[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(post) + "\n" for post in posts), encoding="utf-8")
    return path


@pytest.fixture
def write() -> Callable[[Path, Iterable[Mapping[str, object]]], Path]:
    return write_posts


@pytest.fixture
def score(model: Path, posts: Path) -> Score:
    default_model = model

    def run(
        destination: Path,
        *files: Path,
        model: Path | None = None,
        min_characters: int = 25,
        shard_passages: int = 3,
        evidence: bool = True,
        formats: Iterable[str] = ("parquet",),
        restart: bool = False,
        update: bool = False,
        runner: Runner | None = None,
    ) -> ScoreSummary:
        settings = ScoreSettings(
            model or default_model,
            Reading({}, {}, min_characters, 40, shard_passages),
            evidence=evidence,
            formats=list(formats),
        )
        resume = Resume.restart if restart else Resume.update if update else Resume.go_on
        return score_files(files or [posts], settings, destination, resume, runner, quiet)

    return run


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Every file under a folder but the lock, by its name."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != ".lock"
        }

    return read
