"""Which files and settings a command takes, and the words of the command line sorted by that.

An existing path is a file, whatever signs it holds. Another word with ``=``, or that begins with
``~`` or ``+``, is a Hydra override. A word with ``*``, ``?`` or ``[`` is a pattern of files. After
``--`` every word is a file.
"""

from __future__ import annotations

import difflib
import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from pipeline.cli.sections import EVERYTHING
from pipeline.cli.usage import UsageError, shown
from pipeline.errors import InputError, nearest_path

# Stands before a word that came after ``--``. No word of a command line holds a zero byte.
LITERAL = "\0"

_ROOT = re.compile(r"[./=@:]")
_PATTERN = re.compile(r"[*?\[]")
_PATH_BEGINS = ("/", "./", "../", "~/")


@dataclass(frozen=True)
class Takes:
    """What one command takes beside its flags.

    Attributes:
        command: as it is typed, e.g. ``annotate queue``.
        settings: sections of the settings that the command reads, e.g. ``score`` or ``seed``.
        least: how many files it needs.
        most: how many files it takes at most; None: any number.
        file: how a file of its is called in messages.
        instead: where no files are taken: the command that takes them. ``{file}`` stands for it.
        new: its file need not exist yet.
        expands: patterns go on as they are, to a reader that knows folders of exports; only where
            any number of files is taken.
    """

    command: str
    settings: tuple[str, ...] = ()
    least: int = 0
    most: int | None = 0
    file: str = "FILE"
    instead: str = ""
    new: bool = False
    expands: bool = True

    def sort(
        self, words: Sequence[str | Path], *, hydra: bool = False
    ) -> tuple[list[Path], list[str]]:
        """Files and settings; raises :class:`UsageError` for what the command does not take.

        ``hydra``: whether settings of Hydra itself (``hydra.sweep.dir``) count, as in a sweep.
        """
        files: list[Path] = []
        settings: list[str] = []
        for word in map(str, words):
            if word.startswith(LITERAL):
                files.append(Path(word.removeprefix(LITERAL)))
            elif _exists(word):
                files.append(Path(word))
            elif is_setting(word):
                settings.append(word)
            else:
                files += self._missing(word)
        self.check_settings(settings, hydra=hydra)
        self._check_files(files)
        return files, settings

    def runs(self, words: Sequence[str | Path]) -> tuple[list[str], list[str]]:
        """Runs and settings: ``A=runs/1,runs/2`` is a set of seeds unless A is a setting. What a
        run is, is seen by who reads it."""
        from pipeline.config import Config

        known = {item.name for item in fields(Config)}
        runs: list[str] = []
        settings: list[str] = []
        for word in map(str, words):
            root = _ROOT.split(word.lstrip("+~"))[0]
            literal = word.startswith(LITERAL) or not is_setting(word) or _exists(word)
            names_runs = re.match(r"[^.=]+=", word) and not difflib.get_close_matches(
                root, self.settings, n=1, cutoff=0.8
            )
            if literal or (root not in known and names_runs):
                runs.append(word.removeprefix(LITERAL))
            else:
                settings.append(word)
        self.check_settings(settings)
        if len(runs) < self.least:
            raise UsageError(self.command, self._too_few())
        if self.most is not None and len(runs) > self.most:
            raise UsageError(self.command, f"takes one {self.file}, found {_listed(runs)}")
        return runs, settings

    def check_settings(self, settings: Sequence[str], *, hydra: bool = False) -> None:
        """Raise :class:`UsageError` for a setting that the command does not read."""
        for word in settings:
            key = word.lstrip("+~").partition("=")[0]
            root = _ROOT.split(key)[0]
            if root in self.settings or (hydra and root == "hydra"):
                continue
            if not self.settings:
                raise UsageError(self.command, f"takes no settings: {shown(word)}")
            raise UsageError(
                self.command,
                f"{shown(key)} is no setting of {self.command}{self._instead_of(key, root)}",
            )

    def _instead_of(self, key: str, root: str) -> str:
        """The whole key with the nearest section of this command's, or the sections it reads."""
        near = difflib.get_close_matches(root, self.settings, n=1, cutoff=0.6)
        if near and root not in EVERYTHING:
            return f"; did you mean {near[0] + shown(key.removeprefix(root))!r}?"
        return f"; it reads {', '.join(self.settings)}"

    def _missing(self, word: str) -> list[Path]:
        """What a word stands for that is no path and no setting."""
        if self.most == 0:
            raise UsageError(self.command, self._takes_no_files(word))
        if self.new:
            return [Path(word)]
        if not _PATTERN.search(word):
            near = nearest_path(Path(word))
            raise InputError(
                f"{shown(word)}: no such file{near or ' (a setting is written key=value)'}"
            )
        matches = sorted(glob.glob(word, recursive=True))  # noqa: PTH207 absolute patterns too
        expands = self.expands and self.most is None
        if not matches and not expands:
            raise InputError(f"{shown(word)}: matches no file")
        return [Path(word)] if expands else [Path(match) for match in matches]

    def _check_files(self, files: Sequence[Path]) -> None:
        names = [str(path) for path in files]
        if self.most == 0 and files:
            raise UsageError(self.command, self._takes_no_files(names[0]))
        if len(files) < self.least:
            raise UsageError(self.command, self._too_few())
        if self.most is not None and len(files) > self.most:
            number = {1: "one", 2: "two"}[self.most]
            what = self.file if self.most == 1 else f"{self.file}s"
            raise UsageError(self.command, f"takes {number} {what}, found {_listed(names)}")

    def _too_few(self) -> str:
        more = "" if self.most == self.least else " or more"
        what = {1: f"a {self.file} is missing", 2: f"two {self.file}s{more} are needed"}
        return f"{what[self.least]}; see `rhetoric {self.command} --help`"

    def _takes_no_files(self, word: str) -> str:
        if self.instead:
            return f"takes no files: {shown(word)}; {self.instead.replace('{file}', shown(word))}"
        also = " (a setting is written key=value)" if self.settings and not _exists(word) else ""
        return f"takes no files: {shown(word)}{also}"


def is_setting(word: str) -> bool:
    """Whether a word that is no existing path is a Hydra override."""
    if word.startswith(_PATH_BEGINS):
        return False
    return "=" in word or word.startswith(("~", "+"))


def _exists(word: str) -> bool:
    """As :meth:`Path.exists`; a word too long for a name names nothing."""
    try:
        return Path(word).exists()
    except (OSError, ValueError):
        return False


def _listed(words: Sequence[str]) -> str:
    some = ", ".join(shown(word) for word in words[:3])
    return f"{some} and {len(words) - 3} more" if len(words) > 3 else some
