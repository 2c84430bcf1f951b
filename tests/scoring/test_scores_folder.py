"""What a report reads of a scoring folder is what scoring recorded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.scoring import ScoreSummary
from pipeline.scoring.scores_folder import open_folder

Score = Callable[..., ScoreSummary]


def test_a_part_that_was_edited_is_refused(
    score: Score, codebook: Codebook, tmp_path: Path
) -> None:
    score(tmp_path / "out")
    part = min((tmp_path / "out" / "scores").iterdir())
    table = pl.read_parquet(part)
    table.with_columns(pl.lit(value=True).alias(codebook.frame_codes[0])).write_parquet(part)
    with pytest.raises(InputError, match=rf"{part.name}: changed since it was scored"):
        open_folder(tmp_path / "out", codebook)


def test_the_copy_of_a_part_is_left_out_with_a_warning(
    score: Score, codebook: Codebook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score(tmp_path / "out")
    before = open_folder(tmp_path / "out", codebook).scores.collect()
    part = min((tmp_path / "out" / "scores").iterdir())
    shutil.copy(part, part.with_name(f"{part.stem} (conflicted copy).parquet"))
    assert open_folder(tmp_path / "out", codebook).scores.collect().equals(before)
    assert "(conflicted copy).parquet: left out" in capsys.readouterr().err


def test_a_restart_does_not_follow_a_link(score: Score, tmp_path: Path) -> None:
    score(tmp_path / "out")
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "out" / "scores").rename(elsewhere)
    (tmp_path / "out" / "scores").symlink_to(elsewhere)
    before = sorted(elsewhere.iterdir())
    with pytest.raises(InputError, match="scores: is a link"):
        score(tmp_path / "out", restart=True)
    assert sorted(elsewhere.iterdir()) == before
