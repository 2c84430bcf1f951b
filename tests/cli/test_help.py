"""Help, version and completion: quick, complete, with examples that the parser takes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.cli import boundary
from pipeline.cli.app import app
from tests.cli.commands import COMMANDS, flags_of, help_of
from tests.cli.parsed import parsed

pytestmark = pytest.mark.slow

HEAVY = {"torch", "polars", "mlflow", "hydra", "omegaconf", "sklearn", "numpy", "dvc", "altair"}


def _python(*lines: str) -> subprocess.CompletedProcess[str]:
    script = "\n".join(("import sys", "from pipeline.cli.boundary import run", *lines))
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("argv", [["--help"], ["score", "--help"], ["annotate", "export", "-h"]])
def test_help_imports_nothing_heavy(argv: list[str]) -> None:
    done = _python(f"run({argv})", f"sys.exit(str({HEAVY} & set(sys.modules) or ''))")
    assert done.stderr.strip() == ""
    assert done.stdout.startswith("Usage: rhetoric")


def test_help_of_all_commands_imports_no_command() -> None:
    loaded = "{m for m in sys.modules if m.startswith('pipeline.cli.')}"
    done = _python("run(['--help'])", f"print(len({loaded}), file=sys.stderr)")
    # The boundary itself, app, complaints, takes, usage and sections.
    assert int(done.stderr) <= 8, done.stderr


def test_help_is_quick() -> None:
    """0.3 s on a machine with nothing else to do; processor time, because it may be busy."""
    used = []
    for _ in range(3):
        started = time.process_time()
        done = _python(
            "import time", "run(['--help'])", "sys.stderr.write(str(time.process_time()))"
        )
        assert time.process_time() - started < 1
        used.append(float(done.stderr))
    assert min(used) < 0.5


def test_the_list_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary.run(["--help"]) == 0
    out = capsys.readouterr().out
    for command in COMMANDS:
        assert f"  {command.split()[0]}: " in out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_flags_settings_and_two_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert boundary.run([*command.split(), "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: rhetoric {command} ")
    for flag in flags_of(command):
        assert flag in out
    assert ("Settings (key=value): " in out) == (command != "init")  # which takes none
    examples = re.findall(r"^  (rhetoric .+)$", out, re.MULTILINE)
    assert len(examples) == 2
    for example in examples:
        assert parsed(shlex.split(example)[1:]) == command
        assert len(example) < 77, "a terminal of 80 columns would break it"


def test_the_first_line_of_help_is_the_one_in_the_list() -> None:
    for command in COMMANDS:
        first = help_of(command).splitlines()[0]
        assert first.endswith((".", "?"))
        assert len(first) < 75, first


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary.run(["--version"]) == 0
    assert re.fullmatch(r"rhetoric \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_flags_and_forms(shell: str) -> None:
    script = app.generate_completion(prog_name="rhetoric", shell=shell)  # type: ignore[arg-type]
    for word in ("annotate", "export", "recalibrate", "supersede", "shorthand"):
        assert word in script
    assert "traceback" not in script


def test_completion_in_bash(tmp_path: Path) -> None:
    script = tmp_path / "rhetoric.bash"
    script.write_text(app.generate_completion(prog_name="rhetoric", shell="bash"), encoding="utf-8")
    (tmp_path / "result (1).json").touch()

    def complete(*words: str) -> list[str]:
        line = " ".join(map(shlex.quote, words))
        ask = f"""
        source {shlex.quote(str(script))}
        COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; COMP_POINT={len(line)}
        $(complete -p rhetoric | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(
            ["bash", "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.split("\n")[:-1]

    assert "score" in complete("rhetoric", "sc")
    assert "--update" in complete("rhetoric", "score", "--u")
    assert "export" in complete("rhetoric", "annotate", "ex")
    assert set(complete("rhetoric", "annotate", "export", "--as", "s")) == {
        "sheet", "shorthand", "studio",
    }  # fmt: skip
    assert any("result" in word for word in complete("rhetoric", "score", "res"))


def test_completion_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert boundary.run(["--install-completion", "--shell", "bash"]) == 0
    assert any(path.is_file() for path in tmp_path.rglob("completions/rhetoric"))
    assert str(tmp_path) in capsys.readouterr().out
