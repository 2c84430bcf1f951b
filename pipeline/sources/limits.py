"""How much of a stranger's file is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on what one file may ask of this machine; a message names the one that was passed.

    Attributes:
        text_characters: one text, or one line or row of a table.
        page_megabytes: one web page.
        unpacked_megabytes: one file out of gzip, ZIP or a workbook.
        table_cells: one sheet of a workbook.
    """

    text_characters: int = 1 << 24
    page_megabytes: int = 64
    unpacked_megabytes: int = 16_384
    table_cells: int = 20_000_000


def said(name: str) -> str:
    """How a user raises a limit."""
    return f"if the file is sound, raise ingest.limits.{name}"
