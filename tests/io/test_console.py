"""Text from input files cannot send control sequences to the terminal."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli import boundary
from pipeline.io import console

PIPELINE = Path(console.__file__).parent.parent


@given(st.text(st.characters()))
def test_no_control_character_is_left(text: str) -> None:
    shown = console.legible(text)
    assert shown.encode().decode() == shown
    assert {sign for sign in shown if unicodedata.category(sign) == "Cc"} <= {"\n", "\t"}


def test_text_without_control_characters_is_unchanged() -> None:
    assert console.legible("Привет, 👩‍🚀!\n\t| é |") == "Привет, 👩‍🚀!\n\t| é |"
    assert console.legible("\x1b[2J\x07\x9b") == r"\x1b[2J\x07\x9b"


def test_control_sequences_in_a_key_of_an_input_file_are_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "export.json"
    path.write_text('{"\\u001b]0;pwned\\u0007\\u001b[2J": 1,\n"b": 2}')
    assert boundary.run(["ingest", str(path), "-o", str(tmp_path / "out")]) == 1
    assert r"the keys \x1b]0;pwned\x07\x1b[2J, b" in capsys.readouterr().err


def test_control_sequences_in_results_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    console.say("| \x1b[2Jxx | 0.5 |")
    assert capsys.readouterr().out == "| \\x1b[2Jxx | 0.5 |\n"


def test_only_one_place_writes_to_the_terminal() -> None:
    modules = {path: path.read_text("utf-8") for path in PIPELINE.rglob("*.py")}
    assert len(modules) > 100
    writing = {
        path.name for path, text in modules.items() if re.search(r"\.std(out|err)\.write", text)
    }
    assert writing == {"console.py", "progress.py"}  # the latter prints only its own text
