"""Agreement of two engines' decisions, and the limits for accepting an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Largest share of differing cells, among those in which either engine finds something.
POOLED_LIMIT = 0.02
# Fewest such cells for checking a single question, and its largest share of differing cells.
QUESTION_CELLS, QUESTION_LIMIT = 100, 0.05


@dataclass(frozen=True)
class Row:
    """One question: cells that either engine decides not absent, and how many of them differ."""

    question: str
    found: int
    differ: int

    @property
    def share(self) -> float:
        return self.differ / self.found if self.found else 0.0


@dataclass(frozen=True)
class Parity:
    """A comparison of a faster engine's decisions with the reference's on the same passages."""

    passages: int
    rows: list[Row]

    @classmethod
    def of(
        cls,
        reference: NDArray[np.object_],
        other: NDArray[np.object_],
        questions: Sequence[str],
    ) -> Parity:
        """Compare two tables of decisions ``(n, questions)``; a changed stance is one
        difference."""
        found = ((reference != "absent") | (other != "absent")).sum(axis=0)
        differ = (reference != other).sum(axis=0)
        rows = [Row(*row) for row in zip(questions, found.tolist(), differ.tolist(), strict=True)]
        return cls(len(reference), rows)

    @property
    def pooled(self) -> Row:
        return Row("all", sum(r.found for r in self.rows), sum(r.differ for r in self.rows))

    @property
    def rejection(self) -> str | None:
        """Why the engine is refused, None if it is not."""
        pooled = self.pooled
        if not pooled.found:
            return "neither engine found anything in the texts of the comparison"
        if pooled.share > POOLED_LIMIT:
            return f"{_described(pooled)}; {POOLED_LIMIT:.0%} is allowed"
        for row in self.rows:
            if row.found >= QUESTION_CELLS and row.share > QUESTION_LIMIT:
                return f"{row.question}: {_described(row)}; {QUESTION_LIMIT:.0%} is allowed"
        return None

    def __str__(self) -> str:
        width = max(len(row.question) for row in [*self.rows, self.pooled])
        lines = [f"{'question':{width}}  found  differ   share"]
        for row in [*self.rows, self.pooled]:
            lines.append(f"{row.question:{width}}  {row.found:5}  {row.differ:6}  {row.share:6.1%}")
        return "\n".join(lines)


def _described(row: Row) -> str:
    return f"{row.differ} of {row.found} findings ({row.share:.1%}) differ"
