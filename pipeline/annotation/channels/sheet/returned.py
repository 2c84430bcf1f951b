"""Reads and checks a sheet that a coder sends back; errors name their cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.annotation import staleness
from pipeline.annotation.channels.returned import Returned, anchor_evidence
from pipeline.annotation.channels.sheet import cells, columns, grids
from pipeline.annotation.channels.sheet.columns import Stamp
from pipeline.annotation.channels.sheet.grids import Candidate, Grid
from pipeline.annotation.channels.sheet.rows import Row, rows
from pipeline.annotation.check import Problem, answer_hint, mistakes
from pipeline.annotation.importing import check_pseudonym
from pipeline.annotation.lines import ABSENT, Line
from pipeline.annotation.store import raise_if_any
from pipeline.codebook import Codebook
from pipeline.errors import InputError, did_you_mean
from pipeline.text.passage_id import passage_id

_CYRILLIC_WORD = re.compile("[А-Яа-яЁё]{2,}")
_ERROR = re.compile(r"#[A-ZА-Я/0!?]+[!?]?")


def is_heading(row: Sequence[str]) -> bool:
    return set(columns.REQUIRED) <= {cell.strip().casefold() for cell in row}


def read(path: Path, codebook: Codebook, texts: Mapping[str, str]) -> Returned:
    """The answers in the rows marked as done of a CSV or a workbook.

    ``texts`` (passage → text) serve to reject rows whose id and text do not match, to recover
    damaged ids, and to replace evidence by the passage's own wording. The time of the answers is
    that of the file's last save. Raises :class:`InputError` with the first mistakes and their
    cells.
    """
    ways, saved = grids.candidates(path, is_heading)
    way = max(ways, key=_plausible)
    reader = _Reader(codebook, texts, saved)
    if way.encoding is not None:
        reader.warn(str(path), f"not UTF-8; read as {way.encoding}")
    for grid in way.grids:
        reader.read(grid)
    raise_if_any(reader.errors)
    if not reader.found.lines:
        raise InputError(
            f"{path}: no row is marked as done; set `{columns.DONE}` to yes in finished rows"
        )
    return reader.found


def _plausible(way: Candidate) -> tuple[int, int]:
    """How well an encoding fits: the rows whose id is that of their text, then the Cyrillic words.

    Western accented letters rarely occur in sequence, so a Cyrillic encoding of them gives few.
    """
    intact = whole = 0
    for grid in way.grids:
        for row in rows(grid):
            intact += _hashed(row) == row.passage
            whole += sum(len(_CYRILLIC_WORD.findall(cell)) for cell in row.values.values())
    return intact, whole


def _hashed(row: Row) -> str:
    """The id computed from the texts of a row; it is the row's id if no program changed them."""
    context = (columns.TEXT, columns.OPENING, columns.BEFORE)
    return passage_id(*(row.words(heading) for heading in context))


@dataclass
class _Reader:
    codebook: Codebook
    texts: Mapping[str, str]
    saved: datetime
    found: Returned = field(default_factory=Returned)
    errors: list[Problem] = field(default_factory=list)
    seen: dict[tuple[str, str], tuple[Line, str]] = field(default_factory=dict)

    def warn(self, place: str, message: str) -> None:
        self.found.warnings.append(Problem(place, None, message, warning=True))

    def fail(self, place: str, message: str) -> None:
        self.errors.append(Problem(place, None, message))

    def read(self, grid: Grid) -> None:
        self._mind_headings(grid)
        for row in rows(grid):
            done = cells.is_done(row.cell(columns.DONE))
            if done:
                self._take(row)
            elif done is None:
                word = row.cell(columns.DONE)
                self.fail(row.place(columns.DONE), f"{word!r}: write yes, or leave it empty")
            elif answered := [q for q in self.codebook.questions if row.says_something(q.name)]:
                self.warn(
                    row.place(columns.DONE),
                    f"{len(answered)} answers left out: the row is not marked as done",
                )

    def _mind_headings(self, grid: Grid) -> None:
        known = columns.headings(self.codebook)
        for heading, times in Counter(filter(None, grid.headings)).items():
            place = grid.place(grid.heading_row, heading)
            if heading not in known:
                self.warn(place, f"unknown column {heading!r} is ignored")
            elif times > 1:
                self.fail(place, f"the column {heading!r} occurs {times} times")

    def _has_column(self, grid: Grid, question: str) -> bool:
        """Whether the question has a column; a missing one is reported once per sheet."""
        if question in grid.headings:
            return True
        known = columns.headings(self.codebook)
        others = [heading for heading in grid.headings if heading and heading not in known]
        near = did_you_mean(question, others)
        hint = near if "mean" in near else ""
        problem = Problem(grid.place(grid.heading_row), None, f"no column {question!r}{hint}")
        if problem not in self.errors:
            self.errors.append(problem)
        return False

    def _take(self, row: Row) -> None:
        before = len(self.errors)
        try:
            stamp = Stamp.parse(row.cell(columns.STAMP))
            check_pseudonym(stamp.coder)
            self._check_version(stamp)
        except (ValueError, InputError) as error:
            self.fail(row.place(columns.STAMP), str(error))
            return
        all_asked = self.codebook.asked_in(stamp.codebook_version)
        asked = stamp.asked or tuple(question.name for question in all_asked)
        passage, answers = self._passage(row), self._answers(row, asked)
        if passage is None or len(self.errors) > before:
            return
        line = Line(
            passage_id=passage,
            answers=answers,
            codebook_version=stamp.codebook_version,
            asked=stamp.asked,
            coded_at=self.saved.isoformat(timespec="seconds"),
            source=f"sheet {stamp.queue}",
            note=self._note(row),
            evidence=row.evidence(asked),
        )
        wrong = list(mistakes(line, self.codebook))
        for message in wrong:
            self.fail(row.place(), message)
        if not wrong:
            self._keep(stamp.coder, line, row)

    def _check_version(self, stamp: Stamp) -> None:
        if not staleness.known(stamp.codebook_version, self.codebook):
            raise ValueError(
                f"coded by codebook version {stamp.codebook_version!r}, "
                f"the codebook is version {self.codebook.version!r}"
            )

    def _keep(self, coder: str, line: Line, row: Row) -> None:
        line, dropped = anchor_evidence(line, self.texts)
        for message in dropped:
            question = message.partition(": the ")[0]
            self.warn(row.place(columns.EVIDENCE + question), message)
        first, place = self.seen.setdefault((coder, line.passage_id), (line, row.place()))
        if first is line:
            self.found.add(coder, line)
        elif (first.answers, first.asked) != (line.answers, line.asked):
            self.fail(row.place(), f"the answers about this passage differ from those in {place}")

    def _note(self, row: Row) -> str | None:
        note = row.words(columns.NOTE)
        if _ERROR.fullmatch(note):
            self.warn(row.place(columns.NOTE), f"{note}: the spreadsheet replaced the note by this")
            return None
        return note or None

    def _passage(self, row: Row) -> str | None:
        """The passage id of a row, checked against its text; None after an error."""
        place, given, key = row.place(columns.PASSAGE), row.cell(columns.PASSAGE), row.passage
        words = row.words(columns.TEXT)
        if words and key == _hashed(row):
            return key
        if key is not None and key in self.texts:
            if not words or cells.same_words(words, self.texts[key]):
                return key
            self.fail(
                place,
                f"the text in this row is not that of passage {key}; were some columns sorted "
                "without the others?",
            )
            return None
        like = self._known_by_words(words)
        if len(like) == 1:
            self.warn(place, f"{given!r} is not a known passage; its text is that of {like[0]}")
            return like[0]
        if key is None or len(given.strip("'").removeprefix("p-")) < len(key):
            self.fail(
                place,
                f"{given!r} is not the id of a passage, such as p-00c1d2e3f4a5b6c7; "
                "the spreadsheet may have converted it to a number",
            )
            return None
        self.warn(place, f"passage {key} is not in labels/texts, and its text here was changed")
        return key

    def _known_by_words(self, words: str) -> list[str]:
        bare = cells.letters_and_digits(words)
        if not bare:
            return []
        return [key for key, text in self.texts.items() if cells.letters_and_digits(text) == bare]

    def _answers(self, row: Row, asked: Sequence[str]) -> dict[str, str]:
        answers: dict[str, str] = {}
        for question in self.codebook.questions:
            name, cell = question.name, row.cell(question.name)
            if name not in asked:
                if row.says_something(name):
                    self.fail(row.place(name), f"{name} is not asked for this passage")
                continue
            if not self._has_column(row.grid, name):
                continue
            given = cells.answer(cell, question.answers)
            if given is None:
                hint = answer_hint(cell, question.answers)
                self.fail(row.place(name), f"{name}: unknown answer {cell!r}{hint}")
            elif given != ABSENT:
                answers[name] = given
        return answers
