"""Adds a coder's answers to ``labels/annotations/<coder>.jsonl``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.annotation import lines as coded
from pipeline.annotation.check import moment
from pipeline.annotation.lines import Line
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.io.locking import changing

_PAGES = ("page ", "adjudication page ")
_PSEUDONYM = re.compile(r"[a-z0-9][a-z0-9_.-]*")


@dataclass(frozen=True)
class Difference:
    """An answer that differs from the coder's earlier one."""

    passage_id: str
    question: str
    before: str
    now: str


@dataclass(frozen=True)
class Imported:
    """Numbers of lines by outcome, and the answers that differ from earlier ones.

    ``superseded`` lines replaced earlier answers; ``held_back`` lines have differing answers that
    were not imported; ``amended`` lines repeat answers with new evidence or a new note.
    """

    added: int
    unchanged: int
    superseded: int
    held_back: int
    differences: tuple[Difference, ...]
    amended: int = 0


def add(
    new: Iterable[Line], folder: Path, coder: str, codebook: Codebook, *, supersede: bool = False
) -> Imported:
    """Add a coder's lines to their file in ``folder``. Adding the same lines again changes nothing.

    Answers that differ from earlier ones are reported. They are imported only with ``supersede``,
    or if the coder changed them later on the same page; the new line then names the earlier one,
    which stays in the file. Answers to new questions are always imported. The same answer replaces
    the earlier one if it has another codebook version, new evidence or a new note. The folder is
    locked against concurrent imports.
    """
    check_pseudonym(coder)
    with changing(folder):
        return _add(new, folder / f"{coder}.jsonl", codebook, supersede=supersede)


def _add(new: Iterable[Line], path: Path, codebook: Codebook, *, supersede: bool) -> Imported:
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
        amended=fates.count("amended"),
    )


def check_pseudonym(coder: str) -> None:
    """Raise :class:`InputError` for an invalid coder name."""
    if not _PSEUDONYM.fullmatch(coder):
        raise InputError(
            f"coder {coder!r}: a pseudonym has only lower-case letters, digits, _, . and -"
        )


def _compare(
    line: Line, earlier: list[Line], codebook: Codebook, *, supersede: bool
) -> tuple[str, Line | None, list[Difference]]:
    """Outcome of a line, the part of it to write (or None), and its differing answers."""
    standing = coded.current(earlier, codebook)
    taken: list[str] = []
    amended: list[str] = []
    beaten: list[str] = []
    differences: list[Difference] = []
    for question in line.questions(codebook):
        answer = line.answer(question)
        before = standing.get(question)
        if before is None:
            taken.append(question)
        elif _amends(line, question, before[-1], earlier):
            amended.append(question)
            beaten += [x.digest for x in before]
        elif not _known_already(line, question, before[-1], earlier, codebook):
            same = all(x.answer(question) == answer for x in before)
            if not same:
                last = before[-1].answer(question)
                differences.append(Difference(line.passage_id, question, last, answer))
            if same or supersede or _corrects(line, before[-1]):
                taken.append(question)
                beaten += [x.digest for x in before]
    if not taken and not amended:
        return ("held_back" if differences else "unchanged"), None, differences
    held = any(d.question not in taken for d in differences)
    if held:
        fate = "held_back"
    elif not taken:
        fate = "amended"
    else:
        fate = "superseded" if beaten else "added"
    before_it = {question: standing[question][-1] for question in amended}
    part = _part(line, [*taken, *amended], beaten, codebook)
    return fate, _with_earlier_evidence(part, before_it), differences


def _corrects(line: Line, standing: Line) -> bool:
    """Whether the answer is a later change on the same page as the current one."""
    if line.source is None or standing.source is None or None in (line.coded_at, standing.coded_at):
        return False
    # After the comma comes the result of the practice round, which may have been repeated.
    if line.source.partition(",")[0] != standing.source.partition(",")[0]:
        return False
    then, now = (moment(x.coded_at) for x in (standing, line) if x.coded_at is not None)
    return line.source.startswith(_PAGES) and then is not None and now is not None and now > then


def _amends(line: Line, question: str, standing: Line, earlier: list[Line]) -> bool:
    """Whether the line repeats the current answer with new evidence or a new note."""
    if line.answer(question) != standing.answer(question):
        return False
    if line.codebook_version != standing.codebook_version:
        return False
    evidence = line.evidence.get(question)
    return (
        evidence is not None and all(x.evidence.get(question) != evidence for x in earlier)
    ) or (line.note is not None and all(x.note != line.note for x in earlier))


def _with_earlier_evidence(line: Line, before: dict[str, Line]) -> Line:
    """The line, completed with the evidence and note of the earlier answers that it amends."""
    kept = {q: x.evidence[q] for q, x in before.items() if q in x.evidence}
    notes = [x.note for x in before.values() if x.note is not None]
    note = line.note if line.note is not None else next(iter(notes), None)
    return replace(line, evidence={**kept, **line.evidence}, note=note)


def _known_already(
    line: Line, question: str, standing: Line, earlier: list[Line], codebook: Codebook
) -> bool:
    """Whether this is the current answer, or an earlier one of the same time that was replaced."""

    def given(other: Line) -> tuple[str, str]:
        return other.answer(question), other.codebook_version

    if given(line) == given(standing):
        return True
    return line.coded_at is not None and any(
        given(x) == given(line) and x.coded_at == line.coded_at
        for x in earlier
        if question in x.questions(codebook)
    )


def _part(line: Line, taken: list[str], beaten: list[str], codebook: Codebook) -> Line:
    """The line with only the questions in ``taken``."""
    everything = len(taken) == len(line.questions(codebook))
    taken = [question for question in line.questions(codebook) if question in taken]
    return replace(
        line,
        asked=line.asked if everything else tuple(taken),
        answers={q: a for q, a in line.answers.items() if q in taken},
        evidence={q: e for q, e in line.evidence.items() if q in taken},
        supersedes=tuple(dict.fromkeys(beaten)),
    )
