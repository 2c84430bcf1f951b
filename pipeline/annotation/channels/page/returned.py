"""The file that a coder sends back from the page, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.annotation import lines as coded
from pipeline.annotation.channels.returned import Returned, anchor_evidence
from pipeline.annotation.check import Problem, mistakes
from pipeline.annotation.importing import check_pseudonym
from pipeline.annotation.lines import Line
from pipeline.annotation.store import refuse
from pipeline.codebook import Codebook
from pipeline.errors import InputError


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
            line, lost = anchor_evidence(line, texts)
            found.warnings += [Problem(str(path), number, what, warning=True) for what in lost]
            found.add(coder, line)
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
