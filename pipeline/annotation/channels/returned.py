"""What comes back from coders, whatever way it came: lines by coder, and what was odd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.annotation.anchoring import anchored
from pipeline.annotation.check import Problem
from pipeline.annotation.lines import Line


@dataclass
class Returned:
    """Coder → lines, and what was odd about them without stopping anybody."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    warnings: list[Problem] = field(default_factory=list)

    def add(self, coder: str, line: Line) -> None:
        self.lines.setdefault(coder, []).append(line)


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
