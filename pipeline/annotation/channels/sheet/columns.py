"""The columns of a sheet, and the stamp in every row with coder, codebook and queue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.annotation.channels.page.queue import Item, Queue
from pipeline.annotation.channels.sheet.cells import guarded, plain
from pipeline.codebook import Codebook

NUMBER, OPENING, BEFORE, TEXT = "number", "opening", "before", "text"
NOTE, DONE, PASSAGE, STAMP = "note", "done", "passage", "sheet"
EVIDENCE = "evidence "  # prefix of the question
NOT_ASKED = "not asked"
CONTEXT = (NUMBER, OPENING, BEFORE, TEXT)
# Required columns, in addition to one per question.
REQUIRED = (DONE, PASSAGE, STAMP)

_STAMP = re.compile(r"coder (\S+), codebook (.+?), queue ([0-9a-f]+)(?:, asks (.+))?")


@dataclass(frozen=True)
class Stamp:
    """Origin of a row; it is in every row, so that rows can be sorted or copied to other files."""

    coder: str
    codebook_version: str
    queue: str
    asked: tuple[str, ...] | None = None

    def __str__(self) -> str:
        asks = "" if self.asked is None else f", asks {' '.join(self.asked)}"
        return f"coder {self.coder}, codebook {self.codebook_version}, queue {self.queue}{asks}"

    @classmethod
    def parse(cls, cell: str) -> Stamp:
        """Parse a cell; raises ValueError with the expected form."""
        found = _STAMP.fullmatch(" ".join(cell.split()))
        if found is None:
            raise ValueError(
                f"{cell!r} is not a stamp such as 'coder anna, codebook 1.1, queue 3f2a91b7c0de'; "
                "copy it from another row"
            )
        asked = None if found[4] is None else tuple(found[4].split())
        return cls(found[1], found[2], found[3], asked)


def headings(codebook: Codebook) -> list[str]:
    """The headings in order: context, questions, note and done, evidence, keys for the import."""
    questions = [question.name for question in codebook.questions]
    evidence = [EVIDENCE + name for name in questions]
    return [*CONTEXT, *questions, NOTE, DONE, *evidence, PASSAGE, STAMP]


def cells(number: int, item: Item, queue: Queue, codebook: Codebook) -> dict[str, str | int]:
    """The cells of an unanswered row; missing columns are empty."""
    asked = item.asked
    left_out = [] if asked is None else [q.name for q in codebook.questions if q.name not in asked]
    stamp = Stamp(queue.coder, codebook.version, queue.digest, asked)
    unanswered: dict[str, str | int] = dict.fromkeys(left_out, NOT_ASKED)
    return unanswered | {
        NUMBER: number,
        OPENING: plain(item.opening),
        BEFORE: plain(item.before),
        TEXT: plain(item.text),
        PASSAGE: guarded_id(item.passage_id),
        STAMP: str(stamp),
    }


def guarded_id(passage_id: str) -> str:
    """The id with a prefix, since spreadsheets would convert ``0123456789012345`` to a number."""
    return f"p-{passage_id}"


def row_of(values: dict[str, str | int], names: Sequence[str], *, guard: bool) -> list[str | int]:
    """The cells in the order of ``names``; ``guard`` escapes formulas."""
    row = [values.get(name, "") for name in names]
    return [guarded(cell) if guard and isinstance(cell, str) else cell for cell in row]
