"""The news benchmark experiment, on invented headlines in the format of its files."""

import csv
from pathlib import Path

import polars as pl
import pytest

from pipeline import codebook as codebooks
from pipeline.cli import boundary
from pipeline.config import compose, located, shipped

pytestmark = pytest.mark.slow

THINGS = ("fair", "depot", "chapel", "mall", "harbour", "ranch")
PATTERNS = (
    ("Judge hears appeal over right to bear arms at the {}", (0,)),
    ("Town bans long magazines after shots at the {}", (1,)),
    ("Governor and senator quarrel over shots at the {}", (2,)),
    ("Gunman at the {} was depressed, neighbours say", (3,)),
    ("Guards and drills for pupils near the {}", (4,)),
    ("Attacker at the {} hated foreigners, police say", (5,)),
    ("Thousands march and mourn at the {}", (6,)),
    ("Violent games blamed for shots at the {}", (7,)),
    ("Retailer by the {} stops selling rifles and loses money", (8, 1)),
)


def write_part(folder: Path, part: int) -> None:
    """Write train.tsv and dev.tsv without headers: number, headline, the letter a, nine 0.0 or
    1.0."""
    lines: dict[str, list[list[str]]] = {"train": [], "dev": []}
    for number, thing in enumerate(THINGS * 2):
        for pattern, frames in PATTERNS:
            headline = pattern.format(thing) + (" again" if number >= len(THINGS) else "")
            cells = ["1.0" if frame in frames else "0.0" for frame in range(9)]
            name = "dev" if number % 5 == part else "train"
            lines[name].append([str(number), headline, "a", *cells])
    (folder / str(part)).mkdir(parents=True)
    for name, rows in lines.items():
        with (folder / str(part) / f"{name}.tsv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter="\t").writerows(rows)


def test_its_columns_are_the_frames_of_its_codebook() -> None:
    config = compose(["experiment=gvfc"])
    book = codebooks.load(located(config.codebook))
    assert config.labelled.header == ["id", "text", "unused", *book.frame_codes]
    assert book.target_codes == ()
    assert len(book.frame_codes) == 9


def test_every_shipped_codebook_is_valid() -> None:
    found = sorted((shipped("configs") / "codebooks").glob("*.yaml"))
    assert found
    for path in found:
        assert codebooks.load(path).questions


def test_it_runs_over_its_five_folds_and_compares_them_with_the_published_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in range(5):
        write_part(tmp_path / "data", part)
    monkeypatch.chdir(tmp_path)
    argv = ["train", "experiment=gvfc", "labelled.folder=data", "model=tfidf"]
    assert boundary.run([*argv, "evaluate.bootstrap_samples=10", "tracking.enabled=false"]) == 0
    out = capsys.readouterr().out
    assert "mean of 5 parts" in out
    assert "0.784" in out
    assert "0.720" in out
    (run,) = (tmp_path / "runs").iterdir()
    folds = pl.read_parquet(run / "part-2/folds.parquet")
    assert folds.filter(fold="test").height == 2 * 9  # numbers 2 and 7
    assert folds.filter(fold="dev").height > 0
