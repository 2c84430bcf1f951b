"""A command line as the real parser takes it, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from pipeline.cli import boundary, takes
from pipeline.cli.takes import Takes
from pipeline.config import Config, compose, with_new_keys, word_mappings


class _Sorted(BaseException):
    """The command has sorted its words, and would do its work now."""


def composed(settings: Sequence[str]) -> list[Config]:
    """The settings of every combination, composed as a run would compose them."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser

    mappings, rest = word_mappings([word for word in settings if not word.startswith("hydra")])
    overrides = OverridesParser.create().parse_overrides([with_new_keys(word) for word in rest])
    (combinations,) = BasicSweeper.split_arguments(overrides, None)
    whole = [word for word in settings if word.partition("=")[0].lstrip("+") in mappings]
    return [compose([*combination, *whole]) for combination in combinations]


def parsed(argv: Sequence[str]) -> str:
    """The command that takes these words; AssertionError with the line that it would refuse them
    by.

    Files and runs need not be there: a word that is no setting is taken for one that is. Settings
    are composed, those of a sweep for each of its combinations.
    """
    sort, runs = Takes.sort, Takes.runs
    lines: list[str] = []

    def sort_and_stop(self: Takes, words: Sequence[str | Path], *, hydra: bool = False) -> None:
        _, settings = sort(self, words, hydra=hydra)
        composed(settings)
        raise _Sorted(self.command)

    def runs_and_stop(self: Takes, words: Sequence[str | Path]) -> None:
        composed(runs(self, words)[1])
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
