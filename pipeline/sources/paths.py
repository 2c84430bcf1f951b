"""What people type as files → the files that are meant."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import InputError

_WILD = re.compile(r"[*?\[]")


def expand(patterns: Sequence[str]) -> list[Path]:
    """The files behind paths, folders and patterns, in the order given, each once.

    An existing path is taken literally, whatever brackets, blanks or ``(1)`` stand in it. A folder
    of Telegram Desktop's means its ``result.json``, else its ``messages*.html``. What a pattern
    matches is sorted. Raises InputError for what matches nothing.
    """
    found: dict[Path, Path] = {}
    for pattern in patterns:
        for path in _files(pattern):
            found.setdefault(path.resolve(), path)
    return list(found.values())


def _files(pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    if _exists(path, pattern):
        return _export_in(path) if path.is_dir() else [path]
    if not _WILD.search(pattern):
        raise InputError(f"{pattern}: no such file or folder")
    matches = _matches(str(path))
    files = [match for match in matches if match.is_file()]
    for folder in (match for match in matches if match.is_dir()):
        files += _export_files(folder)
    if not files:
        what = "matches only folders without a Telegram export" if matches else "matches no file"
        raise InputError(f"{pattern}: {what}")
    return sorted(files)


def _exists(path: Path, pattern: str) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError) as error:
        raise InputError(f"{pattern!r}: not a usable path: {error}") from error


def _matches(pattern: str) -> list[Path]:
    # Path.glob takes no absolute pattern.
    matches = glob.glob(pattern, recursive=True)  # noqa: PTH207
    if not matches and "[" in pattern:
        # Brackets that are part of a name, beside a star: 'ChatExport [old]/*.json'.
        matches = glob.glob(pattern.replace("[", "[[]"), recursive=True)  # noqa: PTH207
    return [Path(match) for match in matches]


def _export_in(folder: Path) -> list[Path]:
    files = _export_files(folder)
    if not files:
        raise InputError(
            f"{folder}: a folder without result.json or messages.html; "
            f"name the files, e.g. '{folder}/*.html'"
        )
    return files


def _export_files(folder: Path) -> list[Path]:
    for name in ("result.json", "result.json.gz"):
        if (folder / name).is_file():
            return [folder / name]
    pages = [page for page in folder.glob("messages*.html") if page.is_file()]
    return sorted(pages, key=lambda page: (len(page.name), page.name))
