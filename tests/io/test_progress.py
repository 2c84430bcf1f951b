import io

import pytest

from pipeline.io import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_there_is_one_line_at_the_start_and_one_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(progress.track(["a", "b", "c"], "Reading")) == ["a", "b", "c"]
    captured = capsys.readouterr()
    first, last = captured.err.splitlines()
    assert first == "Reading: 3 to do"
    assert last.startswith("Reading: done in ")
    assert captured.out == ""


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress.track(range(3), "Reading", progress.quiet)) == [0, 1, 2]
    with progress.quiet(3, "Reading") as advance:
        advance(2)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with progress.on_stderr(4, "Reading") as advance:
        advance(3)
        advance(1)
    assert "Reading" in terminal.getvalue()
    assert "4/4" in terminal.getvalue()


def test_work_that_fails_is_not_reported_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken"), progress.on_stderr(2, "Reading"):
        raise ValueError("broken")
    assert "done" not in capsys.readouterr().err
