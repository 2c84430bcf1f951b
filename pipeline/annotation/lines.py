"""Lines of ``labels/annotations/<coder>.jsonl``: one coder's answers about one passage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.codebook import Codebook
from pipeline.errors import InputError, did_you_mean
from pipeline.io import files
from pipeline.io.parsing import json_value

ABSENT = "absent"
ALL = "all"
KEYS = (
    "passage_id",
    "asked",
    "answers",
    "codebook_version",
    "coded_at",
    "source",
    "note",
    "evidence",
    "supersedes",
)
_REQUIRED = ("passage_id", "asked", "answers", "codebook_version")


@dataclass(frozen=True)
class Line:
    """One coder's answers about one passage.

    Attributes:
        asked: names of the questions asked; None for all of the codebook.
        answers: question → answer, without ``absent``.
        coded_at: ISO 8601, or None if unknown.
        evidence: question → the words of the passage that support the answer.
        supersedes: digests of earlier lines of the coder whose answers this line replaces.
    """

    passage_id: str
    answers: Mapping[str, str]
    codebook_version: str
    asked: tuple[str, ...] | None = None
    coded_at: str | None = None
    source: str | None = None
    note: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    supersedes: tuple[str, ...] = ()

    def questions(self, codebook: Codebook) -> tuple[str, ...]:
        """The questions asked; if all, those of the line's codebook version in its order."""
        if self.asked is None:
            return tuple(question.name for question in codebook.asked_in(self.codebook_version))
        return self.asked

    def answer(self, question: str) -> str:
        """The answer to a question that was asked; ``absent`` if not in ``answers``."""
        return self.answers.get(question, ABSENT)

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits of the content, for ``supersedes`` of later lines."""
        content = [
            self.passage_id,
            self.asked and sorted(self.asked),
            dict(self.answers),
            self.codebook_version,
            self.coded_at,
            sorted(self.supersedes),
        ]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """The line as JSON, without empty optional fields."""
        row: dict[str, Any] = {
            "passage_id": self.passage_id,
            "asked": ALL if self.asked is None else list(self.asked),
            "answers": dict(self.answers),
            "codebook_version": self.codebook_version,
            "coded_at": self.coded_at,
            "source": self.source,
        }
        optional = {
            "note": self.note,
            "evidence": dict(self.evidence),
            "supersedes": list(self.supersedes),
        }
        return json.dumps(row | {k: v for k, v in optional.items() if v}, ensure_ascii=False)


def parse(text: str) -> Line:
    """Parse a line and check its form; raises ValueError with the reason.

    ``annotation.check`` checks that its questions, answers and passage exist.
    """
    row = load_object(text)
    for key in row:
        if key not in KEYS:
            raise ValueError(f"unknown key {key!r}{did_you_mean(key, list(KEYS))}")
    missing = [key for key in _REQUIRED if key not in row]
    if missing:
        raise ValueError(f"missing {', '.join(missing)}")
    return Line(
        passage_id=_word(row["passage_id"], "passage_id"),
        asked=_asked(row["asked"]),
        answers=_words(row["answers"], "answers"),
        codebook_version=_word(row["codebook_version"], "codebook_version"),
        coded_at=_optional(row.get("coded_at"), "coded_at"),
        source=_optional(row.get("source"), "source"),
        note=_optional(row.get("note"), "note"),
        evidence=_words(row.get("evidence") or {}, "evidence"),
        supersedes=_list(row.get("supersedes") or [], "supersedes"),
    )


def load_object(text: str) -> dict[str, Any]:
    """Parse a JSON object; raises ValueError for anything else and for duplicate keys."""
    row = json_value(text, keys_once=True)
    if not isinstance(row, dict):
        raise ValueError(f"expected a JSON object, found {type(row).__name__}")
    return row


def read(path: Path) -> list[Line]:
    """All lines of a coder's file, in order; raises :class:`InputError` with the line number."""
    lines = []
    for number, text in numbered(path):
        try:
            lines.append(parse(text))
        except ValueError as error:
            raise InputError(f"{path}:{number}: {error}") from error
    return lines


def numbered(path: Path) -> list[tuple[int, str]]:
    """The non-blank lines of a text file, numbered from 1."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    # Not splitlines(), since U+2028 and others are allowed in JSON strings.
    return [(i, text) for i, text in enumerate(content.split("\n"), start=1) if text.strip()]


def write(path: Path, lines: Iterable[Line]) -> None:
    """Write lines sorted by passage; lines of one passage keep their order."""
    ordered = sorted(lines, key=lambda line: line.passage_id)
    files.write_text(path, "".join(line.to_json() + "\n" for line in ordered))


def _word(value: Any, key: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key}: expected text, found {value!r}")
    return value


def _optional(value: Any, key: str) -> str | None:
    return None if value is None or value == "" else _word(value, key)


def _words(value: Any, key: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"{key}: expected an object, found {type(value).__name__}")
    return {question: _word(answer, f"{key}.{question}") for question, answer in value.items()}


def _list(value: Any, key: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{key}: expected a list, found {type(value).__name__}")
    return tuple(_word(item, key) for item in value)


def _asked(value: Any) -> tuple[str, ...] | None:
    if value == ALL:
        return None
    if not isinstance(value, list) or not value:
        raise ValueError(f'asked: expected "all" or a list of questions, found {value!r}')
    return _list(value, "asked")


def current(lines: Sequence[Line], codebook: Codebook) -> dict[str, list[Line]]:
    """Question → lines with its current answer, of one coder and passage.

    A line loses a question to every line that has this question and supersedes it, directly or
    through others. More than one line for a question is an unresolved contradiction.
    """
    superseding = any(line.supersedes for line in lines)
    by_digest = {line.digest: line for line in lines} if superseding else {}
    standing: dict[str, list[Line]] = {}
    for line in lines:
        for question in line.questions(codebook):
            standing.setdefault(question, []).append(line)
    for line in lines:
        beaten, waiting = set[str](), list(line.supersedes)
        while waiting:
            digest = waiting.pop()
            if digest in by_digest and digest not in beaten:
                beaten.add(digest)
                waiting += by_digest[digest].supersedes
        for question in line.questions(codebook) if beaten else ():
            standing[question] = [
                x for x in standing[question] if x is line or x.digest not in beaten
            ]
    return standing
