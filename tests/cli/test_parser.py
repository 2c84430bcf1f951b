import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.cli import parser
from pipeline.cli.parser import COMMANDS, parse
from pipeline.cli.words import ANNOTATE_COMMANDS, LABELS_COMMANDS, Words
from pipeline.errors import InputError


def test_existing_paths_are_files_and_words_with_an_equals_sign_are_settings(
    tmp_path: Path,
) -> None:
    odd = tmp_path / "ChatExport_2026-11-24 (1)" / "a=b.json"
    odd.parent.mkdir()
    odd.write_text("{}", encoding="utf-8")
    words = parse(["score", str(odd), "seed=3", "-o", str(tmp_path / "out (2)")])
    assert words.files == [odd]
    assert words.settings == ["seed=3"]
    assert words.output == tmp_path / "out (2)"


def test_flags_may_stand_between_files_and_settings(tmp_path: Path) -> None:
    words = parse(["score", str(tmp_path), "-o", "x", "seed=3", "--model", "m", "model=tfidf"])
    assert (words.files, words.settings) == ([tmp_path], ["seed=3", "model=tfidf"])
    assert words.model == Path("m")


def test_after_two_dashes_everything_is_a_file() -> None:
    words = parse(["score", "-o", "x", "--", "seed=3", "-o"])
    assert words.files == [Path("seed=3"), Path("-o")]
    assert words.settings == []


def test_a_word_that_is_neither_file_nor_setting_is_refused() -> None:
    with pytest.raises(InputError, match=r"reslt\.json: no such file"):
        parse(["score", "reslt.json"])


def test_labels_takes_a_second_word() -> None:
    assert parse(["labels", "check"]).command == "labels check"
    with pytest.raises(InputError, match="did you mean 'check'"):
        parse(["labels", "chek"])
    with pytest.raises(InputError, match="which of check"):
        parse(["labels"])
    assert parse(["annotate", "page"]).command == "annotate page"
    assert parse(["annotate", "studio", "push"]).command == "annotate studio push"
    with pytest.raises(InputError, match="annotate studio: which of pull, push"):
        parse(["annotate", "studio"])
    with pytest.raises(InputError, match="which of adjudicate, import, page, queue, report, sheet"):
        parse(["annotate"])


def test_a_mistake_is_one_line_on_stderr_and_exit_code_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert parser.run(["score", "nowhere.json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rhetoric: ")
    assert err.count("\n") == 1


def test_ctrl_c_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.cli import dispatch

    def interrupted(words: Words) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(dispatch, "perform", interrupted)
    assert parser.run(["run"]) == 130
    assert "goes on from here" in capsys.readouterr().err


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    script = (
        "import sys; from pipeline.cli import parser\n"
        "try: parser.run(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'polars', 'mlflow', 'hydra', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(1 if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0
    for word in (*COMMANDS, *LABELS_COMMANDS, *ANNOTATE_COMMANDS):
        assert word in done.stdout


def test_help_is_quick() -> None:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pipeline", "--help"], capture_output=True, check=True)
    # Half a second is promised; the machine of the tests may be busy with other tests.
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["score", "pyproject.toml"], "-o DIR"),
        (["score", "-o", "x"], "which FILES"),
        (["report"], "which folder"),
        (["report", "tests", "-o", "page.html"], "give a folder"),
        (["evaluate", "--model", "m", "README.md", "pyproject.toml", "-o", "x"], "give one FILE"),
        (["ingest"], "-o DIR"),
        (["score", "-m", "-o", "x"], "-m goes with run, train, evaluate"),
    ],
)
def test_what_is_missing_is_named(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parser.run(argv) == 1
    assert message in capsys.readouterr().err
