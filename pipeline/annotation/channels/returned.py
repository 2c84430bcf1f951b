"""Answers returned by coders in any format: lines per coder, and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pipeline.annotation.anchoring import anchored
from pipeline.annotation.check import Problem, moment
from pipeline.annotation.lines import Line


@dataclass
class Returned:
    """Coder → lines, and warnings that do not prevent the import."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    warnings: list[Problem] = field(default_factory=list)

    def add(self, coder: str, line: Line) -> None:
        self.lines.setdefault(coder, []).append(line)


def together(parts: Iterable[Returned]) -> Returned:
    """Merge several files; a coder's lines are sorted by time, so that the later of two files
    wins. Lines without a time come first, in their order."""
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
    """The line with its evidence in the passage's own wording, and messages about dropped evidence.

    Evidence that is not in the passage is dropped; for passages that are not in ``texts`` it is
    kept as given.
    """
    text = texts.get(line.passage_id)
    if text is None:
        return line, []
    evidence: dict[str, str] = {}
    dropped = []
    for question, words in line.evidence.items():
        stretch = anchored(words, text)
        if stretch is None:
            dropped.append(f"{question}: the evidence is not in the passage and is left out")
        else:
            evidence[question] = stretch
    return replace(line, evidence=evidence), dropped
