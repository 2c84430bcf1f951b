"""One row of a returned sheet, with its cells by heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.annotation.channels.sheet import cells, columns
from pipeline.annotation.channels.sheet.grids import Grid


@dataclass(frozen=True)
class Row:
    """``values`` maps headings to raw cells; the first of duplicate headings counts."""

    grid: Grid
    number: int
    values: dict[str, str]

    def cell(self, heading: str) -> str:
        return self.values.get(heading, "").strip()

    def words(self, heading: str) -> str:
        """The cell's text, without the apostrophe that escapes formulas."""
        return cells.unguarded(self.cell(heading))

    def place(self, heading: str | None = None) -> str:
        """Position of a cell for messages; only the row if there is no such column."""
        known = heading is not None and heading in self.grid.headings
        return self.grid.place(self.number, heading if known else None)

    @property
    def passage(self) -> str | None:
        """The passage id in the row, or None if it is not valid."""
        return cells.passage_id(self.cell(columns.PASSAGE))

    def says_something(self, question: str) -> bool:
        return self.cell(question).casefold() not in ("", columns.NOT_ASKED)

    def evidence(self, asked: Sequence[str]) -> dict[str, str]:
        found = {name: self.words(columns.EVIDENCE + name) for name in asked}
        return {name: words for name, words in found.items() if words}


def rows(grid: Grid) -> list[Row]:
    return [
        Row(grid, number, dict(zip(reversed(grid.headings), reversed(words), strict=True)))
        for number, words in grid.rows
    ]
