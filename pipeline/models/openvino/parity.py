"""Whether two engines decide alike, and how alike is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Of the cells in which either engine finds something, this share may differ.
POOLED_LIMIT = 0.02
# A question is judged by itself from this many such cells on; it may differ in this share.
QUESTION_CELLS, QUESTION_LIMIT = 100, 0.05


@dataclass(frozen=True)
class Row:
    """One question: cells that either engine calls present or non-absent, and those that differ."""

    question: str
    found: int
    differ: int

    @property
    def share(self) -> float:
        return self.differ / self.found if self.found else 0.0


@dataclass(frozen=True)
class Parity:
    """Decisions of a faster engine beside those of the reference, on the same passages."""

    passages: int
    rows: list[Row]

    @classmethod
    def of(
        cls,
        reference: NDArray[np.object_],
        other: NDArray[np.object_],
        questions: Sequence[str],
    ) -> Parity:
        """From two tables of decisions ``(n, questions)``; a stance that turned into another
        counts as one difference."""
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
            return "nothing was found in the texts that engines are compared on"
        if pooled.share > POOLED_LIMIT:
            return f"{_said(pooled)}; {POOLED_LIMIT:.0%} is allowed"
        for row in self.rows:
            if row.found >= QUESTION_CELLS and row.share > QUESTION_LIMIT:
                return f"{row.question}: {_said(row)}; {QUESTION_LIMIT:.0%} is allowed"
        return None

    def __str__(self) -> str:
        width = max(len(row.question) for row in [*self.rows, self.pooled])
        lines = [f"{'question':{width}}  found  differ   share"]
        for row in [*self.rows, self.pooled]:
            lines.append(f"{row.question:{width}}  {row.found:5}  {row.differ:6}  {row.share:6.1%}")
        return "\n".join(lines)


def _said(row: Row) -> str:
    return f"{row.differ} of {row.found} findings ({row.share:.1%}) differ"
