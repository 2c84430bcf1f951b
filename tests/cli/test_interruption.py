"""Ctrl-C: what is said is true of the command that it ended."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

import pytest

from pipeline.campaign import labels, outgoing
from pipeline.cli import boundary
from pipeline.config import Config
from pipeline.experiments import application, comparing, run, stage, tuning
from tests.conftest import Rhetoric

pytestmark = pytest.mark.slow

GOES_ON = "rhetoric: interrupted; the same command goes on from here\n"


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str], None]:
    def stop(room: object, name: str) -> None:
        monkeypatch.setattr(room, name, interrupted)

    return stop


@pytest.mark.parametrize(
    ("room", "name", "argv"),
    [
        (run, "run", ["run"]),
        (run, "run", ["train"]),
        (run, "run", ["split"]),
        (run, "run_sweep", ["train", "-m", "seed=1,2"]),
        (application, "score", ["score", "labels", "-o", "x"]),
        (application, "score", ["score", "labels", "-o", "x", "--update"]),
        (tuning, "tune", ["tune"]),
    ],
)
def test_a_command_that_finds_its_work_again_says_so(
    room: object,
    name: str,
    argv: list[str],
    rhetoric: Rhetoric,
    stopped: Callable[[object, str], None],
) -> None:
    stopped(room, name)
    assert rhetoric(*argv) == (130, "", GOES_ON)


def test_restart_would_begin_anew(
    rhetoric: Rhetoric, stopped: Callable[[object, str], None]
) -> None:
    stopped(application, "score")
    code, _, err = rhetoric("score", "labels", "-o", "x", "--restart")
    assert code == 130
    assert "the same command without --restart goes on from here" in err


@pytest.mark.parametrize(
    ("room", "name", "argv"),
    [
        (labels, "check", ["labels", "check"]),
        (outgoing, "export",
         ["annotate", "export", "--as", "page", "--coder", "a", "-o", "a.html"]),
        (comparing, "compare", ["compare", "a", "b"]),
        (application, "recalibrate", ["recalibrate", "labels/codebook.yaml", "-o", "x"]),
        (application, "evaluate", ["evaluate", "--model", "m", "labels/codebook.yaml"]),
        (stage, "run_in_folder", ["ingest", "-o", "x"]),
    ],
)  # fmt: skip
def test_other_commands_say_that_they_were_interrupted_and_no_more(
    room: object,
    name: str,
    argv: list[str],
    rhetoric: Rhetoric,
    stopped: Callable[[object, str], None],
) -> None:
    stopped(room, name)
    assert rhetoric(*argv) == (130, "", "rhetoric: interrupted\n")


def test_a_reader_that_has_seen_enough_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def closed(_: Config) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(labels, "check", closed)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    assert boundary.run(["labels", "check"]) == 1
    assert capfd.readouterr().err == ""
    assert not sys.stdout.closed
