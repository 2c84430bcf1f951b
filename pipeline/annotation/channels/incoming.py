"""A file that a coder sent back, of whatever channel: recognised by its content."""

from __future__ import annotations

import re
import zipfile
from enum import Enum
from pathlib import Path

from pipeline.errors import InputError

_LOOKED_AT = 4096
# The first line that is neither empty nor a comment begins with the number of a passage.
_SHORTHAND = re.compile(rb"(?:\s*(?:#|```)[^\n]*\n|\s*\n)*\s*\d+[.:)]?(?:\s|\||$)")


class Channel(Enum):
    """Which channel a file came by."""

    page = "what a page saved"
    sheet = "a sheet"
    studio = "an export of Label Studio"
    shorthand = "answers in shorthand"


def recognise(path: Path) -> Channel:
    """The channel of a file; raises :class:`InputError` for one that no coder sends back."""
    try:
        with path.open("rb") as file:
            first = file.read(_LOOKED_AT)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    begin = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not begin:
        raise InputError(f"{path}: empty")
    if begin.startswith(b"<"):
        raise InputError(
            f"{path}: the page itself; take in the file that it saved (its button, a .jsonl)"
        )
    if begin.startswith(b"# codebook "):
        raise InputError(
            f"{path}: the sheet itself; take in the answers to it with `rhetoric annotate import "
            f"ANSWERS --sheet {path} --coder NAME`"
        )
    if begin.startswith(b"{"):
        return Channel.page
    if begin.startswith(b"[") or _other_export_of_studio(path, begin):
        return Channel.studio
    return Channel.shorthand if _SHORTHAND.match(begin) else Channel.sheet


def _other_export_of_studio(path: Path, begin: bytes) -> bool:
    """CSV, CoNLL and archives of Label Studio, whose reader says which export is wanted."""
    if begin.startswith(b"PK"):
        try:
            return "xl/workbook.xml" not in zipfile.ZipFile(path).namelist()
        except (zipfile.BadZipFile, OSError):
            return False  # a workbook that was cut off
    return begin.startswith(b"-DOCSTART-") or b"annotation_id" in begin.partition(b"\n")[0]
