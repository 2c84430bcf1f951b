"""What people type as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import sources
from pipeline.errors import InputError


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return path


@pytest.mark.parametrize("name", ["a (1).json", "a [old].json", "a*b?.json", "пост 1.json"])
def test_an_existing_path_is_taken_literally(tmp_path: Path, name: str) -> None:
    wanted = touch(tmp_path / name)
    touch(tmp_path / "a o.json")
    assert sources.expand([str(wanted)]) == [wanted]


def test_a_folder_of_telegram_desktop_means_its_export(tmp_path: Path) -> None:
    folder = tmp_path / "ChatExport_2026-11-24 (1)"
    pages = [
        touch(folder / name) for name in ("messages10.html", "messages2.html", "messages.html")
    ]
    assert sources.expand([str(folder)]) == [pages[2], pages[1], pages[0]]
    export = touch(folder / "result.json")
    assert sources.expand([str(folder)]) == [export]


def test_a_pattern_gives_files_and_export_folders_sorted_and_each_once(tmp_path: Path) -> None:
    second, first = touch(tmp_path / "b.json"), touch(tmp_path / "a.json")
    inside = touch(tmp_path / "c (2)" / "result.json")
    (tmp_path / "photos").mkdir()
    found = sources.expand([str(tmp_path / "*"), str(first)])
    assert found == [first, second, inside]


def test_brackets_of_a_name_beside_a_star_are_understood(tmp_path: Path) -> None:
    wanted = touch(tmp_path / "ChatExport [old]" / "x.json")
    assert sources.expand([str(tmp_path / "ChatExport [old]" / "*.json")]) == [wanted]


def test_the_order_of_arguments_is_kept(tmp_path: Path) -> None:
    a, b = touch(tmp_path / "a"), touch(tmp_path / "b")
    assert sources.expand([str(b), str(a)]) == [b, a]


def test_what_matches_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for pattern, complaint in (
        ("gone.json", "no such file or folder"),
        ("*.json", "matches no file"),
        ("empty", r"without result\.json or messages\.html"),
        ("*", "matches only folders without a Telegram export"),
        ("x" * 5000, "not a usable path"),
    ):
        with pytest.raises(InputError, match=complaint):
            sources.expand([str(tmp_path / pattern)])
