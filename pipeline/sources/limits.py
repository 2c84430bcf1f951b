"""Limits on the size of input files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Maximum sizes; files that exceed one raise InputError.

    Attributes:
        text_characters: of a text, or of a line or row of a table.
        page_megabytes: of a web page.
        unpacked_megabytes: of a file from gzip, ZIP or a workbook.
        table_cells: of a sheet of a workbook.
    """

    text_characters: int = 1 << 24
    page_megabytes: int = 64
    unpacked_megabytes: int = 16_384
    table_cells: int = 20_000_000


def limit_hint(name: str) -> str:
    """The part of a message that names the limit to raise."""
    return f"if the file is correct, raise ingest.limits.{name}"
