"""Checks ``labels/`` and collects all mistakes with their files and lines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.annotation import coders as people
from pipeline.annotation import lines as coded
from pipeline.annotation import staleness
from pipeline.annotation import texts as passages
from pipeline.annotation.lines import Line
from pipeline.annotation.texts import Text
from pipeline.codebook import FRAME_ANSWERS, STANCE_ANSWERS, Codebook
from pipeline.errors import InputError, did_you_mean, nearest_path
from pipeline.text.passage_id import normalise

# What a folder of labels has at least one of.
_LABELS = ("annotations", "coders.yaml", "hydrated", "texts")
_PASSAGE_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Problem:
    """An error or a warning; ``line`` is None for a whole file."""

    file: str
    line: int | None
    message: str
    warning: bool = False

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {'warning: ' if self.warning else ''}{self.message}"


@dataclass
class Checked:
    """The labels and their problems.

    ``without_text`` are coded passages whose text is not in ``labels/texts``, because it may not be
    redistributed; it can be found in a copy of the source.
    """

    texts: dict[str, Text] = field(default_factory=dict)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    coders: dict[str, people.Coder] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    without_text: set[str] = field(default_factory=set)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.warning]


def labels(*, texts: Path, annotations: Path, coders: Path, codebook: Codebook) -> Checked:
    """Read and check ``labels/``; raises InputError only for a missing folder."""
    checked = Checked()
    read_texts(texts, checked)
    try:
        checked.coders = people.read(coders)
    except InputError as error:
        checked.problems.append(Problem(str(coders), None, str(error).removeprefix(f"{coders}: ")))
    known = set(checked.texts)
    mentioned: set[str] = set()
    for path in jsonl_files(annotations):
        if checked.coders and path.stem not in checked.coders:
            hint = did_you_mean(path.stem, list(checked.coders))
            message = f"coder {path.stem!r} has no entry in {coders}{hint}"
            checked.problems.append(Problem(str(path), None, message))
        reader = _CoderFile(path, codebook, checked)
        checked.lines[path.stem] = reader.read()
        checked.problems += _wrong_kind(path, checked)
        mentioned |= {line.passage_id for line in checked.lines[path.stem]}
    checked.without_text = mentioned - known
    return checked


def _wrong_kind(path: Path, checked: Checked) -> Iterator[Problem]:
    """Answers of a model in the file of a coder that is not registered as one."""
    coder = checked.coders.get(path.stem)
    given = [
        line
        for line in checked.lines[path.stem]
        if (line.source or "").split(" ")[0] == people.SOURCE_OF_MODELS
    ]
    if given and coder is not None and coder.kind != people.LANGUAGE_MODEL:
        message = (
            f"{len(given)} lines are by a language model, but {path.stem} is registered as a "
            f"{coder.kind}; register it with kind: {people.LANGUAGE_MODEL}"
        )
        yield Problem(str(path), None, message)


def jsonl_files(folder: Path) -> list[Path]:
    """The JSONL files of a folder by name.

    A missing folder beside others of ``labels/`` has none: a project begins without answers, and
    its texts may all be hydrated. Elsewhere it raises :class:`InputError`.
    """
    if folder.is_dir():
        return sorted(folder.glob("*.jsonl"))
    near = nearest_path(folder)
    if near or not any((folder.parent / part).exists() for part in _LABELS):
        raise InputError(
            f"{folder}: no such folder in {Path.cwd()}"
            + (near or "; go to your project's folder, or start one with `rhetoric init FOLDER`")
        )
    return []


def read_texts(folder: Path, checked: Checked) -> None:
    """Read ``labels/texts`` into ``checked``; invalid passages are reported and left out."""
    first_seen: dict[str, str] = {}
    places: dict[tuple[str, int], str] = {}
    for path in jsonl_files(folder):
        for number, line in _numbered(path, checked):

            def report(message: str, *, warning: bool = False) -> None:
                checked.problems.append(Problem(str(path), number, message, warning))  # noqa: B023

            try:
                text = passages.parse(line)
            except ValueError as error:
                report(str(error))
                continue
            for message in passages.errors(text):
                report(message)
            for message in passages.warnings(text):
                report(message, warning=True)
            here = f"{path}:{number}"
            if (there := first_seen.setdefault(text.passage_id, here)) != here:
                report(f"passage {text.passage_id} is already in {there}")
                continue
            if (there := places.setdefault((text.post, text.position), here)) != here:
                report(f"position {text.position} of post {text.post!r} is already in {there}")
            checked.texts[text.passage_id] = text
    checked.problems += _gaps(folder, places)


def _gaps(folder: Path, places: dict[tuple[str, int], str]) -> Iterator[Problem]:
    """Warnings for posts with missing positions."""
    positions: dict[str, list[int]] = defaultdict(list)
    for post, position in places:
        positions[post].append(position)
    for post, found in positions.items():
        missing = sorted(set(range(max(found))) - set(found))
        if missing:
            message = f"post {post!r}: missing position {', '.join(map(str, missing))}"
            yield Problem(str(folder), None, message, warning=True)


def _numbered(path: Path, checked: Checked) -> list[tuple[int, str]]:
    try:
        return coded.numbered(path)
    except InputError as error:
        checked.problems.append(Problem(str(path), None, str(error).removeprefix(f"{path}: ")))
        return []


class _CoderFile:
    """One coder's file."""

    def __init__(self, path: Path, codebook: Codebook, checked: Checked) -> None:
        self.path = path
        self.codebook = codebook
        self.checked = checked

    def report(self, number: int, message: str, *, warning: bool = False) -> None:
        self.checked.problems.append(Problem(str(self.path), number, message, warning))

    def read(self) -> list[Line]:
        """The well-formed lines; problems in their content are reported too."""
        of_passage: dict[str, list[tuple[int, Line]]] = defaultdict(list)
        found = []
        for number, text in _numbered(self.path, self.checked):
            try:
                line = coded.parse(text)
            except ValueError as error:
                self.report(number, str(error))
                continue
            found.append(line)
            of_passage[line.passage_id].append((number, line))
            for message in mistakes(line, self.codebook):
                self.report(number, message)
            for message in self.warnings(line):
                self.report(number, message, warning=True)
        for numbered in of_passage.values():
            self.check_history(numbered)
        texts = {key: text.text for key, text in self.checked.texts.items()}
        for message in staleness.messages(found, self.codebook, self.path.stem, texts):
            self.checked.problems.append(Problem(str(self.path), None, message, warning=True))
        return found

    def warnings(self, line: Line) -> Iterator[str]:
        text = self.checked.texts.get(line.passage_id)
        for name, evidence in line.evidence.items():
            if text is not None and normalise(evidence) not in normalise(text.text):
                yield f"{name}: the evidence is not in the passage"

    def check_history(self, numbered: list[tuple[int, Line]]) -> None:
        """Check one passage: superseded lines exist, and no question has two current answers."""
        lines = [line for _, line in numbered]
        if len(lines) == 1 and not lines[0].supersedes:
            return
        digests = {line.digest for line in lines}
        for number, line in numbered:
            for digest in line.supersedes:
                if digest not in digests:
                    self.report(number, f"supersedes {digest!r}, but no line of the passage has it")
        number_of = {id(line): number for number, line in numbered}
        clashes: dict[tuple[int, int], list[str]] = defaultdict(list)
        for question, standing in coded.current(lines, self.codebook).items():
            rows = [number_of[id(line)] for line in standing]
            for row in rows[1:]:
                clashes[row, rows[0]].append(question)
        for (row, first), questions in clashes.items():
            what = questions[0] if len(questions) == 1 else f"{len(questions)} questions"
            self.report(
                row,
                f"passage {lines[0].passage_id}: {what} already answered in line {first}; a "
                "corrected answer must name the line in `supersedes`",
            )


def mistakes(line: Line, codebook: Codebook) -> Iterator[str]:
    """Mistakes in the ids, version, time, questions and answers of a line."""
    allowed = {question.name: question.answers for question in codebook.questions}
    if not _PASSAGE_ID.fullmatch(line.passage_id):
        yield f"passage_id {line.passage_id!r} is not 16 hexadecimal digits"
    if not staleness.known(line.codebook_version, codebook):
        yield (
            f"coded by codebook version {line.codebook_version!r}, "
            f"the codebook is version {codebook.version!r}"
        )
    if line.coded_at is not None and moment(line.coded_at) is None:
        yield f"coded_at {line.coded_at!r} is not a time such as 2026-11-24T10:05:00Z"
    named = [*(line.asked or ()), *line.answers, *line.evidence]
    for name in dict.fromkeys(named):
        if name not in allowed:
            try:
                codebook.question(name)
            except InputError as error:
                yield str(error)
    asked = line.questions(codebook)
    if len(set(asked)) < len(asked):
        yield "asked has a question twice"
    for name, answer in line.answers.items():
        if name in allowed and answer not in allowed[name]:
            yield f"{name}: unknown answer {answer!r}{answer_hint(answer, allowed[name])}"
        if name in allowed and name not in asked:
            yield f"{name}: answered but not asked"


def answer_hint(answer: str, allowed: tuple[str, ...]) -> str:
    if answer in (*FRAME_ANSWERS, *STANCE_ANSWERS):
        return f" for this kind of question; allowed: {', '.join(allowed)}"
    return did_you_mean(answer, list(allowed))


def moment(value: str) -> datetime | None:
    """Parse ``coded_at``; None if invalid. A time without a zone is UTC."""
    from datetime import UTC

    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
