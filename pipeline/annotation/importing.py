"""New answers of a coder into ``labels/annotations/<coder>.jsonl``, whatever way they came."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.annotation import lines as coded
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook
from pipeline.errors import InputError

_PSEUDONYM = re.compile(r"[a-z0-9][a-z0-9_.-]*")


@dataclass(frozen=True)
class Difference:
    """An answer that is not what the same coder said before."""

    passage_id: str
    question: str
    before: str
    now: str


@dataclass(frozen=True)
class Imported:
    """What became of the lines: numbers of lines, and every answer that differs from before.

    ``superseded`` counts lines whose differing answers were taken; when ``held_back`` is not 0,
    that many lines had answers that differ and were not taken.
    """

    added: int
    unchanged: int
    superseded: int
    held_back: int
    differences: tuple[Difference, ...]


def add(
    new: Iterable[Line], folder: Path, coder: str, codebook: Codebook, *, supersede: bool = False
) -> Imported:
    """Add a coder's lines to their file in ``folder``; adding the same again changes nothing.

    An answer that differs from the coder's earlier one is reported. It is taken only with
    ``supersede``: the new line then names the earlier one, which stays in the file. Questions
    that the coder has not answered before are taken in any case. The same answer under another
    version of the codebook counts as a new one and takes the place of the old.
    """
    check_pseudonym(coder)
    path = folder / f"{coder}.jsonl"
    known = coded.read(path) if path.exists() else []
    of_passage: dict[str, list[Line]] = defaultdict(list)
    for line in known:
        of_passage[line.passage_id].append(line)
    fates: list[str] = []
    differences: list[Difference] = []
    changed = False
    for line in new:
        earlier = of_passage[line.passage_id]
        fate, taken, differing = _compare(line, earlier, codebook, supersede=supersede)
        fates.append(fate)
        differences += differing
        if taken is not None:
            earlier.append(taken)
            changed = True
    if changed:
        coded.write(path, [line for lines in of_passage.values() for line in lines])
    return Imported(
        added=fates.count("added"),
        unchanged=fates.count("unchanged"),
        superseded=fates.count("superseded"),
        held_back=fates.count("held_back"),
        differences=tuple(differences),
    )


def check_pseudonym(coder: str) -> None:
    """Raise :class:`InputError` for a name that cannot be a coder's."""
    if not _PSEUDONYM.fullmatch(coder):
        raise InputError(f"coder {coder!r}: a pseudonym has lower-case letters, digits, _ . and -")


def _compare(
    line: Line, earlier: list[Line], codebook: Codebook, *, supersede: bool
) -> tuple[str, Line | None, list[Difference]]:
    """What becomes of a line, what of it is written, and where it differs from before."""
    standing = coded.live(earlier, codebook)
    taken: list[str] = []
    beaten: list[str] = []
    differences: list[Difference] = []
    for question in line.questions(codebook):
        answer = line.answer(question)
        before = standing.get(question)
        if before is None:
            taken.append(question)
        elif not _said_already(line, question, before[-1], earlier, codebook):
            same = all(x.answer(question) == answer for x in before)
            if not same:
                last = before[-1].answer(question)
                differences.append(Difference(line.passage_id, question, last, answer))
            if same or supersede:
                taken.append(question)
                beaten += [x.digest for x in before]
    fate = "superseded" if beaten else "added"
    if differences and not supersede:
        fate = "held_back"
    if not taken:
        return ("held_back" if differences else "unchanged"), None, differences
    return fate, _part(line, taken, beaten, codebook), differences


def _said_already(
    line: Line, question: str, standing: Line, earlier: list[Line], codebook: Codebook
) -> bool:
    """Whether this answer stands, or was given at the same time and has been replaced since."""

    def said(other: Line) -> tuple[str, str]:
        return other.answer(question), other.codebook_version

    if said(line) == said(standing):
        return True
    return line.coded_at is not None and any(
        said(x) == said(line) and x.coded_at == line.coded_at
        for x in earlier
        if question in x.questions(codebook)
    )


def _part(line: Line, taken: list[str], beaten: list[str], codebook: Codebook) -> Line:
    """The line with the questions that are taken alone."""
    everything = len(taken) == len(line.questions(codebook))
    return replace(
        line,
        asked=line.asked if everything else tuple(taken),
        answers={q: a for q, a in line.answers.items() if q in taken},
        evidence={q: e for q, e in line.evidence.items() if q in taken},
        supersedes=tuple(dict.fromkeys(beaten)),
    )
