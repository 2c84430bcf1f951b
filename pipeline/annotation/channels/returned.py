"""What comes back from coders, whatever way it came: lines by coder, and what was odd."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pipeline.annotation.anchoring import anchored
from pipeline.annotation.check import Problem, moment
from pipeline.annotation.lines import Line


@dataclass
class Returned:
    """Coder → lines, and what was odd about them without stopping anybody."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    warnings: list[Problem] = field(default_factory=list)

    def add(self, coder: str, line: Line) -> None:
        self.lines.setdefault(coder, []).append(line)


def together(parts: Iterable[Returned]) -> Returned:
    """Several files as one: a coder's lines in the order in which they were coded, so that the
    later of two saved files has the last word; lines without a time first, in their order."""
    found = Returned()
    for part in parts:
        found.warnings += part.warnings
        for coder, lines in part.lines.items():
            found.lines.setdefault(coder, []).extend(lines)
    for lines in found.lines.values():
        lines.sort(key=_time)
    return found


def _time(line: Line) -> datetime:
    at = None if line.coded_at is None else moment(line.coded_at)
    return datetime.min.replace(tzinfo=UTC) if at is None else at


def anchor_evidence(line: Line, texts: Mapping[str, str]) -> tuple[Line, list[str]]:
    """The line with its evidence as the passage says it, and a message for each that it does not.

    Words that the passage does not say are left out; passages that are not in ``texts`` keep
    theirs as given.
    """
    text = texts.get(line.passage_id)
    if text is None:
        return line, []
    standing: dict[str, str] = {}
    lost = []
    for question, words in line.evidence.items():
        stretch = anchored(words, text)
        if stretch is None:
            lost.append(f"{question}: the evidence does not stand in the passage and is left out")
        else:
            standing[question] = stretch
    return replace(line, evidence=standing), lost
