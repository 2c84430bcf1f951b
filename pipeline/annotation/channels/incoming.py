"""A file that a coder sent back, of whatever way in: recognised by content, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.annotation.channels import page, sheet
from pipeline.annotation.channels.returned import Returned
from pipeline.codebook import Codebook
from pipeline.errors import InputError


def read(path: Path, codebook: Codebook, texts: Mapping[str, str]) -> Returned:
    """What the page saved (JSONL), or a sheet (XLSX, CSV); raises :class:`InputError`."""
    try:
        with path.open("rb") as file:
            first = file.read(512)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    begin = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin.startswith(b"{"):
        return page.read(path, codebook, texts)
    if begin[:1] == b"<":
        raise InputError(
            f"{path}: the page itself; take in the file that it saved (its button, a .jsonl)"
        )
    if begin.startswith(b"["):
        raise InputError(
            f"{path}: a JSON list; an export of Label Studio is taken in with "
            f"`rhetoric annotate studio pull FILE`"
        )
    if not first.strip():
        raise InputError(f"{path}: empty")
    return sheet.read(path, codebook, texts)
