"""Markdown tables, aligned so that they are readable in a terminal too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

_LEAST_WIDTH = 3


def lines(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool] | None = None
) -> list[str]:
    """The lines of a table. ``right`` marks right-aligned columns; None: all but the first."""
    right = [i > 0 for i in range(len(header))] if right is None else right
    cells = [[_one_cell(cell) for cell in row] for row in (header, *rows)]
    widths = [max(_LEAST_WIDTH, *map(len, column)) for column in zip(*cells, strict=True)]

    def line(row: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, right, strict=True)
        ]
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * (width - 1) + (":" if number else "-")
        for width, number in zip(widths, right, strict=True)
    ]
    return [line(cells[0]), line(rule), *map(line, cells[1:])]


def table(frame: pl.DataFrame) -> str:
    """A Markdown table: numbers right-aligned, floats with two decimals, null as a dash."""
    rows = [[_text(value) for value in row] for row in frame.iter_rows()]
    return "\n".join(lines(frame.columns, rows, [dtype.is_numeric() for dtype in frame.dtypes]))


def section(title: str, frame: pl.DataFrame, *, rows: int = 30) -> str:
    """A heading and the first rows of a table, or the heading and "none"."""
    shown = table(frame.head(rows)) if frame.height else "none"
    more = f"\n\nand {frame.height - rows} more" if frame.height > rows else ""
    return f"## {title}\n\n{shown}{more}\n"


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _one_cell(text: str) -> str:
    """Escape bars and replace line breaks, which would end the cell."""
    return text.replace("|", "\\|").replace("\n", " ")
