"""What Label Studio exports as JSON → checked lines; its other formats are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.annotation.channels.returned import Returned, anchor_evidence
from pipeline.annotation.channels.studio import formats
from pipeline.annotation.channels.studio.answered import answered
from pipeline.annotation.check import Problem, mistakes, moment
from pipeline.annotation.importing import check_pseudonym
from pipeline.annotation.lines import Line
from pipeline.annotation.store import refuse
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.text.passage_id import passage_id


@dataclass(frozen=True)
class People:
    """Who is who: number in Label Studio → coder, and → address, to name the unknown ones by.

    ``only`` is the coder of all annotations, where they are one user's.
    """

    coders: Mapping[str, str]
    addresses: Mapping[str, str] = field(default_factory=dict)
    only: str | None = None


@dataclass
class Exported:
    """The lines, and of annotations that are no answers how many there are of each kind."""

    found: Returned = field(default_factory=Returned)
    left_out: Counter[str] = field(default_factory=Counter)


def read(path: Path, codebook: Codebook, texts: Mapping[str, str], people: People) -> Exported:
    """A JSON file that was exported by hand; raises :class:`InputError` for any other file."""
    return from_tasks(formats.tasks(path), str(path), codebook, texts, people)


def from_tasks(
    tasks: Any, origin: str, codebook: Codebook, texts: Mapping[str, str], people: People
) -> Exported:
    """Answers of every coder. Cancelled and empty annotations are none, and counted; of several
    annotations of a coder about one passage the last counts. Raises :class:`InputError` with the
    first mistakes, each with its task."""
    reader = _Reader(origin, codebook, texts, people)
    formats.check(tasks, origin)
    reader.check_tasks(tasks)
    reader.check_people(tasks)
    for task in tasks:
        reader.read(task)
    refuse(reader.errors)
    found = reader.result.found
    for (coder, _), (_, line) in sorted(reader.last.items()):
        found.add(coder, line)
    return reader.result


def _user(annotation: Mapping[str, Any]) -> tuple[str, str]:
    """Number and address of who made it; either may be empty."""
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        return str(by.get("id", "")), str(by.get("email") or "")
    return ("" if by is None else str(by)), ""


def _annotations(task: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (a for a in task.get("annotations") or () if isinstance(a, dict))


@dataclass
class _Reader:
    origin: str
    codebook: Codebook
    texts: Mapping[str, str]
    people: People
    result: Exported = field(default_factory=Exported)
    errors: list[Problem] = field(default_factory=list)
    # The last annotation of a coder about a passage, with its time.
    last: dict[tuple[str, str], tuple[str, Line]] = field(default_factory=dict)

    def check_tasks(self, tasks: list[Mapping[str, Any]]) -> None:
        """Every annotated passage is the one that was sent."""
        for task in tasks:
            wrong = _foreign(task["data"]) if any(_annotations(task)) else ""
            if wrong:
                self.fail(wrong, f", task {task.get('id')}")
        refuse(self.errors)

    def check_people(self, tasks: list[Mapping[str, Any]]) -> None:
        """Every user has a pseudonym: an address must never get into a file."""
        users = dict(_user(a) for task in tasks for a in _annotations(task))
        if self.people.only is not None:
            check_pseudonym(self.people.only)
            if len(users) > 1:
                numbers = ", ".join(sorted(users))
                raise InputError(
                    f"{self.origin}: annotations of users {numbers}, so not all are by "
                    f"{self.people.only}; leave --coder out and give each coder their number"
                )
            return
        for user, address in sorted(users.items()):
            if user not in self.people.coders:
                name = address or self.people.addresses.get(user, "")
                called = f" ({name})" if name else ""
                self.fail(
                    f"user {user}{called} is nobody's pseudonym: add `studio: {user}` to the "
                    "coder's entry in labels/coders.yaml"
                )
        refuse(self.errors)

    def fail(self, message: str, where: str = "") -> None:
        self.errors.append(Problem(self.origin + where, None, message))

    def read(self, task: Mapping[str, Any]) -> None:
        self.result.left_out["unfinished drafts"] += len(task.get("drafts") or ())
        for annotation in _annotations(task):
            where = f", task {task.get('id')}, annotation {annotation.get('id')}"
            self._annotation(annotation, task["data"], where)

    def _annotation(
        self, annotation: Mapping[str, Any], data: Mapping[str, Any], where: str
    ) -> None:
        if annotation.get("was_cancelled"):
            self.result.left_out["skipped"] += 1
            return
        said = answered(annotation.get("result"), data, self.codebook)
        if said.is_empty:
            self.result.left_out["empty"] += 1
            return
        for message in said.errors:
            self.fail(message, where)
        asked = data.get("asked")
        coded_at = annotation.get("updated_at") or annotation.get("created_at")
        if not isinstance(coded_at, str | None):
            self.fail(f"updated_at: expected a time, found {coded_at!r}", where)
            return
        line = Line(
            passage_id=data["passage_id"],
            answers=said.answers,
            codebook_version=str(data.get("codebook_version")),
            asked=tuple(asked) if isinstance(asked, list) else None,
            coded_at=coded_at,
            source=f"label studio{where.replace(', ', ' ')}"
            + (", prefilled" if annotation.get("parent_prediction") else ""),
            note=said.note,
            evidence=said.evidence,
        )
        for message in mistakes(line, self.codebook):
            self.fail(message, where)
        line, lost = anchor_evidence(line, self.texts)
        for message in (*said.warnings, *lost):
            self.result.found.warnings.append(
                Problem(self.origin + where, None, message, warning=True)
            )
        self._keep(annotation, line)

    def _keep(self, annotation: Mapping[str, Any], line: Line) -> None:
        coder = self.people.only or self.people.coders[_user(annotation)[0]]
        at = None if line.coded_at is None else moment(line.coded_at)
        key, when = (coder, line.passage_id), "" if at is None else at.isoformat()
        before = self.last.get(key)
        if before is not None:
            self.result.left_out["replaced by a later one"] += 1
        if before is None or when >= before[0]:
            self.last[key] = (when, line)


def _foreign(data: Mapping[str, Any]) -> str:
    """What is wrong with the passage of a task; "" for one that we sent."""
    words = [data.get(key) for key in ("text", "opening", "before")]
    if not isinstance(data.get("passage_id"), str) or not all(isinstance(w, str) for w in words):
        return "no task of ours: `rhetoric annotate studio push` sends passage_id, text and context"
    asked = data.get("asked")
    if isinstance(asked, list) and not all(isinstance(name, str) for name in asked):
        return f"asked: expected names of questions, found {asked!r}"
    if passage_id(*map(str, words)) != data["passage_id"]:
        return f"the text is not that of passage {data['passage_id']}; was it changed there?"
    return ""
