"""A command line as the real parser takes it, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from pipeline.cli import boundary, takes
from pipeline.cli.takes import Takes


class _Sorted(BaseException):
    """The command has sorted its words, and would do its work now."""


def parsed(argv: Sequence[str]) -> str:
    """The command that takes these words; AssertionError with the line that it would refuse them
    by.

    Files and runs need not be there: a word that is no setting is taken for one that is.
    """
    sort, runs = Takes.sort, Takes.runs
    lines: list[str] = []

    def sort_and_stop(self: Takes, words: Sequence[str | Path], *, hydra: bool = False) -> None:
        sort(self, words, hydra=hydra)
        raise _Sorted(self.command)

    def runs_and_stop(self: Takes, words: Sequence[str | Path]) -> None:
        runs(self, words)
        raise _Sorted(self.command)

    def is_there(word: str) -> bool:
        return not takes.is_setting(word) and not any(sign in word for sign in "*?[")

    with (
        mock.patch.object(Takes, "sort", sort_and_stop),
        mock.patch.object(Takes, "runs", runs_and_stop),
        mock.patch.object(takes, "_exists", is_there),
        mock.patch.object(boundary, "warn", lines.append),
    ):
        try:
            code = boundary.run(list(argv))
        except _Sorted as found:
            return str(found)
    raise AssertionError(f"{list(argv)} → {code}: {lines}")
