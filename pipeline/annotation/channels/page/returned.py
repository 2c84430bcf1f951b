"""Reads and checks the file of answers that the annotation page saves."""

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
from pipeline.annotation.store import raise_if_any
from pipeline.codebook import Codebook
from pipeline.errors import InputError


def read(path: Path, codebook: Codebook, texts: Mapping[str, str]) -> Returned:
    """The answers in a file that the page saved.

    Evidence is looked up in ``texts`` (passage → text) and replaced by the passage's own wording;
    evidence that is not in the passage is dropped with a warning, and for passages without a text
    it is kept as given. Raises :class:`InputError` with the first mistakes and their lines.
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
            line, dropped = anchor_evidence(line, texts)
            found.warnings += [Problem(str(path), number, what, warning=True) for what in dropped]
            found.add(coder, line)
    raise_if_any(errors)
    if not found.lines:
        raise InputError(f"{path}: no answers; save the file from the page again")
    return found


def _parse(text: str) -> tuple[str, Line]:
    """Coder and line; raises ValueError or InputError for an invalid line."""
    row = coded.load_object(text)
    coder, queue = (_taken(row, key) for key in ("coder", "queue"))
    check_pseudonym(coder)
    line = coded.parse(json.dumps(row))
    return coder, replace(line, source=line.source or f"page {queue}")


def _taken(row: dict[str, Any], key: str) -> str:
    value = row.pop(key, None)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is missing; is this a file from the annotation page?")
    return value
