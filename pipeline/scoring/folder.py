"""The folder of one scoring run: its layout, and atomic writes to it.

scores/part-*.parquet     the Scores table; no other files are allowed here. Parts of the first
                          call are named by shard (part-0a), those of an update by round and
                          shard (part-1-0a)
dropped/part-*.parquet    text that was not scored, with reasons; one part per round
ledger.jsonl              the run's identity and every finished shard
codebook.yaml             the codebook of the model
scores.csv, .xlsx, .jsonl on request
.work/                    intermediate rows; removed when the run is finished
.lock                     held during a run
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.errors import InputError

EXPORTS = ("csv", "xlsx", "jsonl")


class ScoringFolder:
    """Paths inside a scoring folder, and atomic writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scores = path / "scores"
        self.dropped = path / "dropped"
        self.ledger = path / "ledger.jsonl"
        self.codebook = path / "codebook.yaml"
        self.work = path / ".work"
        self.lock = path / ".lock"

    def part(self, name: str) -> Path:
        return self.scores / f"part-{name}.parquet"

    def parts(self) -> list[Path]:
        return sorted(self.scores.glob("part-*.parquet"))

    def parts_of(self, round_number: int) -> list[Path]:
        """The existing parts of one round, including those not in the ledger."""
        return [path for path in self.parts() if _round_of(path) == round_number]

    def dropped_part(self, round_number: int) -> Path:
        return self.dropped / f"part-{round_number}.parquet"

    def export(self, form: str) -> Path:
        return self.path / f"scores.{form}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold an exclusive lock. The system releases it when the process ends, so a crash leaves
        no stale lock."""
        import fcntl

        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise InputError(f"{self.path}: is a file; -o needs a folder") from error
        with self.lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError(
                    f"{self.path}: another run is scoring into this folder; wait for it, "
                    "or give another -o"
                ) from error
            yield

    @contextmanager
    def publishing(self, final: Path) -> Iterator[IO[bytes]]:
        """A file that is flushed to disk and renamed to ``final`` if the block does not raise.

        Until then it is in the work folder, so readers of the scores never see a partial file.
        Files of a crashed run are removed by the next one.
        """
        temporary = self.work / "unfinished" / final.name
        temporary.parent.mkdir(parents=True, exist_ok=True)
        final.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(final)
        _sync_folder(final.parent)

    def check_contents(self) -> None:
        """Raise InputError if scores/ or dropped/ contain other files than parts, or are links."""
        for folder in (self.scores, self.dropped):
            if folder.is_symlink():
                raise InputError(
                    f"{folder}: is a link, and scoring writes and deletes there; "
                    "replace it by a folder, or give another -o"
                )
            for path in sorted(folder.iterdir()) if folder.is_dir() else []:
                if not path.match("part-*.parquet"):
                    raise InputError(
                        f"{path}: not a part file, and nothing else may lie in {folder.name}/; "
                        "move it away, or give another -o"
                    )

    def clear(self) -> None:
        """Remove the files of earlier runs and no others; the ledger is removed last."""
        self.check_contents()
        self.sweep()
        for folder in (self.scores, self.dropped):
            for path in sorted(folder.glob("part-*.parquet")):
                path.unlink()
        exports = [self.export(form) for form in EXPORTS]
        for path in (*exports, self.codebook, self.ledger):
            path.unlink(missing_ok=True)

    def fresh(self, name: str) -> Path:
        """A subfolder of the work folder, removed if a crashed run left it."""
        shutil.rmtree(self.work / name, ignore_errors=True)
        return self.work / name

    def sweep(self) -> None:
        """Remove the work folder."""
        if self.work.exists():
            shutil.rmtree(self.work)


def _round_of(part: Path) -> int:
    first, dash, _ = part.stem.removeprefix("part-").partition("-")
    return int(first) if dash and first.isdecimal() else 0


def _sync_folder(folder: Path) -> None:
    """Flush a rename to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
