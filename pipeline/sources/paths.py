"""Expands paths, folders and patterns to files."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import InputError

_WILD = re.compile(r"[*?\[]")


def expand(patterns: Sequence[str]) -> list[Path]:
    """Expand paths, folders and patterns to distinct files, in the order given.

    An existing path is taken literally, even with brackets or blanks. A folder of Telegram Desktop
    means its ``result.json``, else its ``messages*.html``. The matches of a pattern are sorted.
    Raises InputError if something matches no file.
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
    # Path.glob does not support absolute patterns.
    matches = glob.glob(pattern, recursive=True)  # noqa: PTH207
    if not matches and "[" in pattern:
        # Brackets may be part of a name in a pattern: 'ChatExport [old]/*.json'.
        matches = glob.glob(pattern.replace("[", "[[]"), recursive=True)  # noqa: PTH207
    return [Path(match) for match in matches]


def _export_in(folder: Path) -> list[Path]:
    files = _export_files(folder)
    if not files:
        raise InputError(
            f"{folder}: a folder without result.json or messages.html; "
            f"give the files, e.g. '{folder}/*.html'"
        )
    return files


def _export_files(folder: Path) -> list[Path]:
    for name in ("result.json", "result.json.gz"):
        if (folder / name).is_file():
            return [folder / name]
    pages = [page for page in folder.glob("messages*.html") if page.is_file()]
    return sorted(pages, key=lambda page: (len(page.name), page.name))
