"""Whatever the moment of death, the next call finishes, and the result is the same to the byte."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.scoring import ScoreSummary, prepare
from tests.scoring.conftest import POSTS

pytestmark = pytest.mark.slow

Score = Callable[..., ScoreSummary]
Contents = Callable[[Path], dict[str, bytes]]
Write = Callable[[Path, Iterable[Mapping[str, object]]], Path]

# What Python tells its audit hooks before it touches the disk.
TOUCHES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.truncate"}


SMALL: dict[str, Any] = {"formats": ["csv"], "shard_passages": 4}


class Died(BaseException):
    """Stands for the end of the process: nothing in the project catches it."""


class Watch:
    """Sees every write under a folder and can end the run just before one of them."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.fatal: Callable[[str, str], bool] = lambda event, name: False
        self.error: BaseException = Died()

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.folder is None or event not in TOUCHES:
            return
        place = arguments[1] if event == "os.rename" else arguments[0]
        if not isinstance(place, str | os.PathLike) or not Path(place).is_relative_to(self.folder):
            return
        reads = event == "open" and arguments[1] in ("r", "rb")
        if not reads and self.fatal(event, Path(place).name):
            raise self.error


WATCH = Watch()


@pytest.fixture(scope="module", autouse=True)
def audited() -> None:
    sys.addaudithook(WATCH)  # cannot be taken off again; asleep while it has no folder


@contextmanager
def dying(
    folder: Path, fatal: Callable[[str, str], bool], error: BaseException | None = None
) -> Iterator[None]:
    """End what runs in the block before the first write that is fatal: (event, name) → bool."""
    WATCH.folder, WATCH.fatal, WATCH.error = folder, fatal, error or Died()
    try:
        yield
    finally:
        WATCH.folder = None


def write_number(wanted: int, events: set[str] = TOUCHES) -> Callable[[str, str], bool]:
    numbers = itertools.count(1)
    return lambda event, name: event in events and next(numbers) == wanted


def rename_to(wanted: str) -> Callable[[str, str], bool]:
    return lambda event, name: event == "os.rename" and name == wanted


@pytest.fixture(autouse=True)
def few_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer files to die at, and every kind of them still there."""
    monkeypatch.setattr(prepare, "POST_BUCKETS", 2)
    monkeypatch.setattr(prepare, "PASSAGE_BITS", 1)


@pytest.fixture
def undisturbed(score: Score, tmp_path: Path, contents: Contents) -> dict[str, bytes]:
    score(tmp_path / "whole", **SMALL)
    return contents(tmp_path / "whole")


def test_a_run_that_dies_at_any_write_is_finished_by_the_next_to_the_same_bytes(
    score: Score, tmp_path: Path, contents: Contents, undisturbed: dict[str, bytes]
) -> None:
    out = tmp_path / "out"
    deaths = 0
    while True:
        shutil.rmtree(out, ignore_errors=True)
        try:
            with dying(out, write_number(deaths + 1)):
                score(out, **SMALL)
        except Died:
            deaths += 1
        else:
            break
        assert_only_whole_parts(out, undisturbed)
        score(out, **SMALL)
        assert contents(out) == undisturbed, f"after a death at write {deaths}"
    # Two shards, dropped, codebook, ledger and export are opened and renamed, at least.
    assert deaths >= 12


def assert_only_whole_parts(out: Path, undisturbed: dict[str, bytes]) -> None:
    for path in (out / "scores").glob("*"):
        assert path.read_bytes() == undisturbed[f"scores/{path.name}"]


def test_a_run_that_dies_again_and_again_is_finished_in_the_end(
    score: Score, tmp_path: Path, contents: Contents, undisturbed: dict[str, bytes]
) -> None:
    # Every call gets as far as one write more than the one before: no work is redone for ever.
    out = tmp_path / "out"
    for at in range(1, 200):
        try:
            with dying(out, write_number(at)):
                score(out, **SMALL)
        except Died:
            continue
        break
    assert contents(out) == undisturbed


def test_finished_shards_survive_a_death(score: Score, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(Died), dying(out, rename_to("part-2.parquet")):
        score(out)
    assert score(out).reused_shards == 2


# Openings and renames; a full disk at making a folder that stands already is no fault.
@pytest.mark.parametrize("at", [1, 8, 15, 22])
def test_a_full_disk_is_said_in_one_line_and_costs_nothing(
    score: Score, tmp_path: Path, contents: Contents, undisturbed: dict[str, bytes], at: int
) -> None:
    out = tmp_path / "out"
    full = OSError(errno.ENOSPC, "No space left on device", str(out / "x"))
    refused = pytest.raises(InputError, match="No space left on device; finished shards")
    with refused as caught, dying(out, write_number(at, {"open", "os.rename"}), full):
        score(out, **SMALL)
    assert "\n" not in str(caught.value)
    score(out, **SMALL)
    assert contents(out) == undisturbed


def test_a_power_cut_that_empties_the_work_folder_is_noticed(
    score: Score, tmp_path: Path, contents: Contents, undisturbed: dict[str, bytes]
) -> None:
    out = tmp_path / "out"
    with pytest.raises(Died), dying(out, rename_to("part-1.parquet")):
        score(out, **SMALL)
    waiting = sorted((out / ".work" / "paragraphs").glob("*.arrows"))
    assert waiting, "the run was to die between preparing and the end"
    for path in waiting:
        path.write_bytes(b"")
    score(out, **SMALL)
    assert contents(out) == undisturbed


KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.io.progress import quiet
from pipeline.scoring import Reading, ScoreSettings, score_files

posts, model, out, at = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
seen = 0

def hook(event, arguments):
    global seen
    if event == "os.rename" and str(out) in str(arguments[1]):
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
settings = ScoreSettings(model, Reading({}, {}, 25, 40, 4), formats=["csv"])
score_files([posts], settings, out, progress=quiet)
"""


# The renames: codebook, ledger, dropped, two shards, the export.
@pytest.mark.parametrize("at", [2, 5])
def test_a_killed_process_leaves_no_lock_and_a_run_to_go_on_with(
    score: Score, model: Path, posts: Path, tmp_path: Path, contents: Contents, at: int
) -> None:
    score(tmp_path / "whole", **SMALL)
    out = tmp_path / "out"
    arguments = [sys.executable, "-c", KILLED, str(posts), str(model), str(out), str(at)]
    root = Path(__file__).parents[2]
    killed = subprocess.run(arguments, check=False, cwd=root, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert (out / ".lock").exists()
    score(out, **SMALL)
    assert contents(out) == contents(tmp_path / "whole")


@pytest.fixture
def first_call(score: Score, write: Write, tmp_path: Path) -> Path:
    """A finished folder about two posts; its export has grown to four since."""
    export = tmp_path / "export.jsonl"
    write(export, POSTS[:2])
    score(tmp_path / "first", export, **SMALL)
    write(export, POSTS[:4])
    return export


def test_an_update_that_dies_at_any_write_is_finished_by_the_next_to_the_same_bytes(
    score: Score, first_call: Path, tmp_path: Path, contents: Contents
) -> None:
    old = contents(tmp_path / "first")
    ledger, table = old.pop("ledger.jsonl"), old.pop("scores.csv")
    shutil.copytree(tmp_path / "first", tmp_path / "whole")
    score(tmp_path / "whole", first_call, update=True, **SMALL)
    undisturbed = contents(tmp_path / "whole")
    assert undisturbed["ledger.jsonl"].startswith(ledger)
    assert undisturbed["scores.csv"] != table
    out = tmp_path / "out"
    deaths = 0
    while True:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(tmp_path / "first", out)
        try:
            with dying(out, write_number(deaths + 1)):
                score(out, first_call, update=True, **SMALL)
        except Died:
            deaths += 1
        else:
            break
        assert_only_whole_parts(out, undisturbed)
        assert old.items() <= contents(out).items(), "old files are never touched"
        score(out, first_call, update=True, **SMALL)
        assert contents(out) == undisturbed, f"after a death at write {deaths}"
    # Ledger (three lines), dropped, a shard and the export are opened or renamed, at least.
    assert deaths >= 9


def test_taking_back_a_call_that_cannot_be_finished_may_die_anywhere_too(
    score: Score, first_call: Path, tmp_path: Path, contents: Contents, write: Write
) -> None:
    # An update dies after its first shard, then its export grows and its work folder is lost.
    stopped, out = tmp_path / "first", tmp_path / "out"
    with pytest.raises(Died), dying(stopped, rename_to("scores.csv")):
        score(stopped, first_call, update=True, **SMALL)
    half = (stopped / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    (stopped / "ledger.jsonl").write_bytes(b"".join(half[:-1]))  # its shard is not recorded yet
    shutil.rmtree(stopped / ".work")
    write(first_call, POSTS[:6])
    undisturbed: dict[str, bytes] | None = None
    for at in itertools.count(1):
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(stopped, out)
        try:
            with dying(out, write_number(at, {"os.remove", "open", "os.rename"})):
                score(out, first_call, update=True, **SMALL)
        except Died:
            score(out, first_call, update=True, **SMALL)
            found = contents(out)
            undisturbed = undisturbed or found
            assert found == undisturbed, f"after a death at write {at}"
        else:
            break
    assert undisturbed == contents(out)
