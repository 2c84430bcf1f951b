"""Progress on stderr: a bar at a terminal, otherwise one line at the start and one at the end.

Long-running code takes a :class:`Progress` as an argument and calls it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Advance = Callable[[int], None]


class Progress(Protocol):
    """Starts one task of ``total`` units; the block calls ``advance(n)`` when n more are done."""

    def __call__(self, total: int, description: str) -> AbstractContextManager[Advance]: ...


@contextmanager
def quiet(total: int, description: str) -> Iterator[Advance]:
    """A :class:`Progress` that prints nothing."""
    yield lambda count: None


@contextmanager
def on_stderr(total: int, description: str) -> Iterator[Advance]:
    """A :class:`Progress`: a bar with the remaining time, or one line at the start and the end."""
    if sys.stderr.isatty():
        with _bar(total, description) as advance:
            yield advance
        return
    started = time.monotonic()
    sys.stderr.write(f"{description}: {total} to do\n")
    yield lambda count: None
    sys.stderr.write(f"{description}: done in {time.monotonic() - started:.0f} s\n")


def track(
    items: Collection[Item], description: str, progress: Progress = on_stderr
) -> Iterator[Item]:
    """Iterate over the items, showing progress."""
    with progress(len(items), description) as advance:
        for item in items:
            yield item
            advance(1)


@contextmanager
def _bar(total: int, description: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(description, total=total)
        yield lambda count: bar.advance(task, count)
