"""Recognises by its content from which channel a file with answers comes."""

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
    """The channel of a file; the value is its description in messages."""

    page = "answers from a page"
    sheet = "a sheet"
    studio = "an export of Label Studio"
    shorthand = "answers in shorthand"


def recognise(path: Path) -> Channel:
    """The channel of a file; raises :class:`InputError` for files without answers."""
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
            f"{path}: this is the annotation page; import the .jsonl file that it saves"
        )
    if begin.startswith(b"# codebook "):
        raise InputError(
            f"{path}: this is the sheet; import the answers with `rhetoric annotate import ANSWERS "
            f"--sheet {path} --coder NAME`"
        )
    if begin.startswith(b"{"):
        return Channel.page
    if begin.startswith(b"[") or _other_export_of_studio(path, begin):
        return Channel.studio
    return Channel.shorthand if _SHORTHAND.match(begin) else Channel.sheet


def _other_export_of_studio(path: Path, begin: bytes) -> bool:
    """Whether it is a CSV, CoNLL or archive of Label Studio; its reader asks for a JSON export."""
    if begin.startswith(b"PK"):
        try:
            return "xl/workbook.xml" not in zipfile.ZipFile(path).namelist()
        except (zipfile.BadZipFile, OSError):
            return False  # a truncated workbook
    return begin.startswith(b"-DOCSTART-") or b"annotation_id" in begin.partition(b"\n")[0]
