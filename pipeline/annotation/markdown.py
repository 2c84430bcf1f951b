"""Tables as Markdown, aligned so that they also read well in a terminal."""

from __future__ import annotations

from typing import Any

import polars as pl


def table(frame: pl.DataFrame) -> str:
    """A Markdown table; numbers to the right, fractions with two digits, null as a dash."""
    numeric = [dtype.is_numeric() for dtype in frame.dtypes]
    rows = [[_cell(value) for value in row] for row in frame.iter_rows()]
    widths = [
        max([len(name), 3, *(len(row[i]) for row in rows)]) for i, name in enumerate(frame.columns)
    ]

    def line(cells: list[str]) -> str:
        padded = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        ]
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * (width - 1) + (":" if right else "-")
        for width, right in zip(widths, numeric, strict=True)
    ]
    return "\n".join([line(frame.columns), line(rule), *map(line, rows)])


def section(title: str, frame: pl.DataFrame, *, rows: int = 30) -> str:
    """A heading and the first rows of a table, or the heading and "none"."""
    shown = table(frame.head(rows)) if frame.height else "none"
    more = f"\n\nand {frame.height - rows} more" if frame.height > rows else ""
    return f"## {title}\n\n{shown}{more}\n"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value).replace("|", "\\|").replace("\n", " ")
