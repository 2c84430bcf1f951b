"""New answers of a coder into ``labels/annotations/<coder>.jsonl``, whatever way they came."""

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
    """An answer that is not what the same coder said before."""

    passage_id: str
    question: str
    before: str
    now: str


@dataclass(frozen=True)
class Imported:
    """What became of the lines: numbers of lines, and every answer that differs from before.

    ``superseded`` counts lines whose differing answers were taken; when ``held_back`` is not 0,
    that many lines had answers that differ and were not taken. ``amended`` lines gave the same
    answers with new evidence or a new note.
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
    """Add a coder's lines to their file in ``folder``; adding the same again changes nothing.

    An answer that differs from the coder's earlier one is reported. It is taken only with
    ``supersede``: the new line then names the earlier one, which stays in the file. Questions
    that the coder has not answered before are taken in any case, and so is what the coder changed
    later on the page that gave the earlier answer. The same answer under another
    version of the codebook counts as a new one and takes the place of the old; so does the same
    answer with evidence or a note that the coder had not given before. The folder is locked
    meanwhile, so that two imports at once lose nothing.
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
    """Raise :class:`InputError` for a name that cannot be a coder's."""
    if not _PSEUDONYM.fullmatch(coder):
        raise InputError(f"coder {coder!r}: a pseudonym has lower-case letters, digits, _ . and -")


def _compare(
    line: Line, earlier: list[Line], codebook: Codebook, *, supersede: bool
) -> tuple[str, Line | None, list[Difference]]:
    """What becomes of a line, what of it is written, and where it differs from before."""
    standing = coded.live(earlier, codebook)
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
        elif not _said_already(line, question, before[-1], earlier, codebook):
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
    return fate, _with_what_stood(part, before_it), differences


def _corrects(line: Line, standing: Line) -> bool:
    """Whether the coder changed the answer later on the very page or sheet that gave the first."""
    if line.source is None or standing.source is None or None in (line.coded_at, standing.coded_at):
        return False
    # Behind the comma stands how practice went, which may have been repeated.
    if line.source.partition(",")[0] != standing.source.partition(",")[0]:
        return False
    then, now = (moment(x.coded_at) for x in (standing, line) if x.coded_at is not None)
    return line.source.startswith(_PAGES) and then is not None and now is not None and now > then


def _amends(line: Line, question: str, standing: Line, earlier: list[Line]) -> bool:
    """Whether a standing answer comes again with evidence or a note never given before."""
    if line.answer(question) != standing.answer(question):
        return False
    if line.codebook_version != standing.codebook_version:
        return False
    evidence = line.evidence.get(question)
    return (
        evidence is not None and all(x.evidence.get(question) != evidence for x in earlier)
    ) or (line.note is not None and all(x.note != line.note for x in earlier))


def _with_what_stood(line: Line, before: dict[str, Line]) -> Line:
    """The line with the evidence and note of amended answers that it does not give anew."""
    kept = {q: x.evidence[q] for q, x in before.items() if q in x.evidence}
    notes = [x.note for x in before.values() if x.note is not None]
    note = line.note if line.note is not None else next(iter(notes), None)
    return replace(line, evidence={**kept, **line.evidence}, note=note)


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
    taken = [question for question in line.questions(codebook) if question in taken]
    return replace(
        line,
        asked=line.asked if everything else tuple(taken),
        answers={q: a for q, a in line.answers.items() if q in taken},
        evidence={q: e for q, e in line.evidence.items() if q in taken},
        supersedes=tuple(dict.fromkeys(beaten)),
    )
