"""Label Studio's JSON export → checked lines; other export formats are rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.annotation.channels.returned import Returned, anchor_evidence
from pipeline.annotation.channels.studio import formats
from pipeline.annotation.channels.studio.answered import parse_result
from pipeline.annotation.check import Problem, mistakes, moment
from pipeline.annotation.importing import check_pseudonym
from pipeline.annotation.lines import Line
from pipeline.annotation.store import raise_if_any
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.text.passage_id import passage_id


@dataclass(frozen=True)
class People:
    """Users of Label Studio by id: their pseudonyms, and their e-mail addresses for messages.

    ``only`` is the coder of all annotations if they are by one user.
    """

    coders: Mapping[str, str]
    addresses: Mapping[str, str] = field(default_factory=dict)
    only: str | None = None


@dataclass
class Exported:
    """The lines, and the number of annotations left out by kind."""

    found: Returned = field(default_factory=Returned)
    left_out: Counter[str] = field(default_factory=Counter)


def read(path: Path, codebook: Codebook, texts: Mapping[str, str], people: People) -> Exported:
    """Read a JSON export; raises :class:`InputError` for any other file."""
    return from_tasks(formats.tasks(path), str(path), codebook, texts, people)


def from_tasks(
    tasks: Any, origin: str, codebook: Codebook, texts: Mapping[str, str], people: People
) -> Exported:
    """The answers of all coders. Cancelled and empty annotations are left out and counted; of
    several annotations of a passage by one coder the last counts. Raises :class:`InputError` with
    the first mistakes and their tasks."""
    reader = _Reader(origin, codebook, texts, people)
    formats.check(tasks, origin)
    reader.check_tasks(tasks)
    reader.check_people(tasks)
    for task in tasks:
        reader.read(task)
    raise_if_any(reader.errors)
    found = reader.result.found
    for (coder, _), (_, line) in sorted(reader.last.items()):
        found.add(coder, line)
    return reader.result


def _user(annotation: Mapping[str, Any]) -> tuple[str, str]:
    """Id and e-mail address of the annotation's user; either may be empty."""
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
    # (coder, passage) → time and line of the last annotation.
    last: dict[tuple[str, str], tuple[str, Line]] = field(default_factory=dict)

    def check_tasks(self, tasks: list[Mapping[str, Any]]) -> None:
        """Raise InputError if an annotated task is not a task of this package or was changed."""
        for task in tasks:
            wrong = _foreign(task["data"]) if any(_annotations(task)) else ""
            if wrong:
                self.fail(wrong, f", task {task.get('id')}")
        raise_if_any(self.errors)

    def check_people(self, tasks: list[Mapping[str, Any]]) -> None:
        """Raise InputError for users without a pseudonym; addresses must not get into files."""
        users = dict(_user(a) for task in tasks for a in _annotations(task))
        if self.people.only is not None:
            check_pseudonym(self.people.only)
            if len(users) > 1:
                numbers = ", ".join(sorted(users))
                raise InputError(
                    f"{self.origin}: annotations by several users ({numbers}), not only "
                    f"{self.people.only}; omit --coder and set `studio` for each coder"
                )
            return
        for user, address in sorted(users.items()):
            if user not in self.people.coders:
                name = address or self.people.addresses.get(user, "")
                called = f" ({name})" if name else ""
                self.fail(
                    f"user {user}{called} has no pseudonym: add `studio: {user}` to the coder's "
                    "entry in labels/coders.yaml"
                )
        raise_if_any(self.errors)

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
        parsed = parse_result(annotation.get("result"), data, self.codebook)
        if parsed.is_empty:
            self.result.left_out["empty"] += 1
            return
        for message in parsed.errors:
            self.fail(message, where)
        asked = data.get("asked")
        coded_at = annotation.get("updated_at") or annotation.get("created_at")
        if not isinstance(coded_at, str | None):
            self.fail(f"updated_at: expected a time, found {coded_at!r}", where)
            return
        line = Line(
            passage_id=data["passage_id"],
            answers=parsed.answers,
            codebook_version=str(data.get("codebook_version")),
            asked=tuple(asked) if isinstance(asked, list) else None,
            coded_at=coded_at,
            source=f"label studio{where.replace(', ', ' ')}"
            + (", prefilled" if annotation.get("parent_prediction") else ""),
            note=parsed.note,
            evidence=parsed.evidence,
        )
        for message in mistakes(line, self.codebook):
            self.fail(message, where)
        line, dropped = anchor_evidence(line, self.texts)
        for message in (*parsed.warnings, *dropped):
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
    """Why a task is not one of this package; "" if it is."""
    words = [data.get(key) for key in ("text", "opening", "before")]
    if not isinstance(data.get("passage_id"), str) or not all(isinstance(w, str) for w in words):
        return "not a task of `rhetoric annotate studio push`: passage_id, text or context missing"
    asked = data.get("asked")
    if isinstance(asked, list) and not all(isinstance(name, str) for name in asked):
        return f"asked: expected names of questions, found {asked!r}"
    if passage_id(*map(str, words)) != data["passage_id"]:
        return f"the text is not that of passage {data['passage_id']}; was it changed there?"
    return ""
