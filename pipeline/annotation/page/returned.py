"""The file that a coder sends back from the page, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.annotation import lines as coded
from pipeline.annotation.anchoring import anchored
from pipeline.annotation.check import Problem, mistakes
from pipeline.annotation.importing import check_pseudonym
from pipeline.annotation.lines import Line
from pipeline.annotation.store import refuse
from pipeline.codebook import Codebook
from pipeline.errors import InputError


@dataclass
class Returned:
    """Coder → lines, and what was odd about them without stopping anybody."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    warnings: list[Problem] = field(default_factory=list)


def read(path: Path, codebook: Codebook, texts: Mapping[str, str]) -> Returned:
    """The answers in a file that the page saved.

    Evidence is looked up again in ``texts`` (passage → text; passages that are not there keep
    theirs as given) and taken as it stands there; words that the passage does not say are left
    out with a warning. Raises :class:`InputError` with the first mistakes, each with its line.
    """
    found = Returned()
    errors: list[Problem] = []
    for number, text in coded.numbered(path):
        try:
            coder, line = _parse(text)
        except (ValueError, InputError) as error:
            errors.append(Problem(str(path), number, str(error)))
            continue
        wrong = [Problem(str(path), number, message) for message in mistakes(line, codebook)]
        errors += wrong
        if not wrong:
            evidence, lost = _anchored(line, texts)
            found.warnings += [Problem(str(path), number, what, warning=True) for what in lost]
            found.lines.setdefault(coder, []).append(replace(line, evidence=evidence))
    refuse(errors)
    if not found.lines:
        raise InputError(f"{path}: no answers in it; save the file from the page again")
    return found


def _parse(text: str) -> tuple[str, Line]:
    """Coder and line; ``ValueError`` says what is wrong with the form."""
    row = coded.load_object(text)
    coder, queue = (_taken(row, key) for key in ("coder", "queue"))
    check_pseudonym(coder)
    line = coded.parse(json.dumps(row))
    return coder, replace(line, source=line.source or f"page {queue}")


def _taken(row: dict[str, Any], key: str) -> str:
    value = row.pop(key, None)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} missing; is this a file that the annotation page saved?")
    return value


def _anchored(line: Line, texts: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The evidence as the passage says it, and a message for each that it does not say."""
    text = texts.get(line.passage_id)
    if text is None:
        return dict(line.evidence), []
    standing: dict[str, str] = {}
    lost = []
    for question, words in line.evidence.items():
        stretch = anchored(words, text)
        if stretch is None:
            lost.append(f"{question}: the evidence does not stand in the passage and is left out")
        else:
            standing[question] = stretch
    return standing, lost
