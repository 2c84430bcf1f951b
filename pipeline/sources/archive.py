"""ZIP archives: packed exports, and workbooks."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from pipeline.errors import InputError
from pipeline.sources.limits import limit_hint
from pipeline.sources.settings import Settings

_READABLE = (".json", ".html", ".htm", ".csv", ".tsv", ".jsonl", ".ndjson", ".mhtml", ".txt")
_MOST_NAMES = 200_000


def names_in(path: Path, settings: Settings) -> list[str]:
    """Names of the files in the archive; raises InputError if it is damaged or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        OSError,
        ValueError,
        EOFError,
        zlib.error,
    ) as error:
        raise InputError(f"{path}: a damaged ZIP archive or Excel workbook: {error}") from error
    limit = settings.limits.unpacked_megabytes << 20
    readable = [e for e in entries if e.filename.casefold().endswith((*_READABLE, ".xml"))]
    if len(entries) > _MOST_NAMES or sum(entry.file_size for entry in readable) > limit:
        raise InputError(
            f"{path}: unpacks to more than {limit >> 20:,} MB; {limit_hint('unpacked_megabytes')}"
        )
    return [entry.filename for entry in entries]


def is_xlsx(names: list[str]) -> bool:
    return "xl/workbook.xml" in names


def is_ods(names: list[str]) -> bool:
    return "content.xml" in names and "mimetype" in names


def members_of_export(names: list[str], path: Path) -> list[str]:
    """The files to read: per folder ``result.json``, else ``messages*.html``; otherwise the only
    readable file. Raises InputError if there is none, or more than one."""
    folders: dict[PurePosixPath, list[str]] = {}
    for name in names:
        if not name.startswith("__MACOSX/"):
            folders.setdefault(PurePosixPath(name).parent, []).append(name)
    found: list[str] = []
    for inside in folders.values():
        pages = [n for n in inside if PurePosixPath(n).match("messages*.html")]
        result = [n for n in inside if PurePosixPath(n).name in {"result.json", "result.json.gz"}]
        found += result[:1] or sorted(pages, key=lambda name: (len(name), name))
    readable = [
        name
        for name in names
        if name.casefold().endswith(_READABLE) and not name.startswith("__MACOSX/")
    ]
    if found or len(readable) == 1:
        return found or readable
    what = "without a file of posts" if not readable else f"of {len(readable)} files"
    raise InputError(
        f"{path}: a ZIP archive {what}; expected an export of Telegram Desktop or one table; "
        "unpack it and give the files"
    )
