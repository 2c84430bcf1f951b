from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import InputError
from pipeline.io import files


def test_a_new_file_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "notes.txt"
    files.write_text(path, "one")
    files.write_text(path, "два\r\n")
    assert path.read_bytes() == "два\r\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["notes.txt"]


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    files.write_text(path, "old")

    def write_half() -> None:
        with files.replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        write_half()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_only_regular_files_are_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    for name in ("pipe", "null"):
        with pytest.raises(InputError, match="not a regular file"):
            files.write_text(tmp_path / name, "text")
    assert (tmp_path / "null").is_symlink()
    assert (tmp_path / "pipe").is_fifo()


def test_written_json_does_not_depend_on_the_order_of_keys(tmp_path: Path) -> None:
    one, two = tmp_path / "1.json", tmp_path / "2.json"
    files.write_json(one, {"b": 1, "a": "ё"})
    files.write_json(two, {"a": "ё", "b": 1})
    assert one.read_bytes() == two.read_bytes()
    assert files.read_json(one) == {"a": "ё", "b": 1}
    assert "ё" in one.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
def test_invalid_json_is_refused_with_the_name_of_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "metrics.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"metrics\.json: cannot be read as JSON"):
        files.read_json(path)


def test_a_missing_table_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"folds\.parquet: no such table; run the stage"):
        files.read_parquet(tmp_path / "folds.parquet")


def test_a_table_survives_a_round_trip(tmp_path: Path) -> None:
    table = pl.DataFrame({"text": ["", "é\u0301 🇷🇺", None], "n": [1, None, 3]})
    files.write_parquet(tmp_path / "t.parquet", table)
    assert files.read_parquet(tmp_path / "t.parquet").equals(table)
