"""Locks files that are read, changed and written back, for one writer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import InputError

PATIENCE = 60.0  # seconds; an import of 10,000 lines takes one


@contextmanager
def changing(path: Path, *, patience: float = PATIENCE) -> Iterator[None]:
    """Lock a folder or file against changes by other processes and threads.

    The lock is the file ``.NAME.lock`` next to it, which git ignores; the system releases it when
    a process dies. Locks nest in one thread. Raises :class:`InputError` if another process or
    thread holds the lock for longer than ``patience`` seconds.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=patience, is_singleton=True)
    try:
        lock.acquire()
    except Timeout as error:
        raise InputError(
            f"{path}: another process has been changing it for {patience:.0f} s; nothing was "
            "changed here, try again when it is done"
        ) from error
    try:
        yield
    finally:
        lock.release()
