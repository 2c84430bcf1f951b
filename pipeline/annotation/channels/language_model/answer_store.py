"""A store of a model's answers on disk, so that no request is made twice.

There is one file per model, prompt, codebook and settings. Git ignores the folder, since answers
may quote texts that must not be redistributed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from pipeline.annotation.channels.language_model import prompt
from pipeline.annotation.channels.language_model.settings import Settings
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.io import files
from pipeline.io.locking import changing
from pipeline.io.parsing import json_value


@dataclass(frozen=True)
class Task:
    """Questions about a passage; ``sample`` numbers repeated requests."""

    passage_id: str
    asked: tuple[str, ...]
    sample: int


@dataclass(frozen=True)
class Answer:
    """A raw reply (``written``) with its parsed answers and problems."""

    task: Task
    written: str
    answers: dict[str, str]
    evidence: dict[str, str]
    problems: tuple[str, ...]
    tokens: int
    at: str

    def to_json(self) -> str:
        row = asdict(self)
        return json.dumps(row.pop("task") | row, ensure_ascii=False)


def fingerprint(settings: Settings, codebook: Codebook) -> str:
    """Twelve hexadecimal digits of everything but the passage that affects answers."""
    content = json.dumps(
        [settings.model, prompt.digest(settings), codebook.digest, settings.of_answers()]
    )
    return hashlib.sha256(content.encode()).hexdigest()[:12]


class AnswerStore:
    """Answers per task in order; :meth:`add` returns after the answer is on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.of_task: dict[Task, list[Answer]] = {}
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        self._read()
        self._file = self.path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, answer: Answer) -> None:
        assert self._file is not None
        self._file.write(answer.to_json() + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.of_task.setdefault(answer.task, []).append(answer)

    def _read(self) -> None:
        """Read the file; an incomplete last line, left by a kill, is removed."""
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with self.path.open("rb+") as file:
                file.truncate(len(whole))
        for number, line in enumerate(whole.decode().split("\n"), start=1):
            if not line.strip():
                continue
            try:
                answer = _parse(json_value(line))
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"{self.path}:{number}: not an answer of `annotate ask` ({error}); remove the "
                    "line, it will be requested again"
                ) from error
            self.of_task.setdefault(answer.task, []).append(answer)


def _parse(row: dict[str, Any]) -> Answer:
    return Answer(
        Task(str(row["passage_id"]), tuple(row["asked"]), int(row["sample"])),
        str(row["written"]),
        dict(row["answers"]),
        dict(row["evidence"]),
        tuple(row["problems"]),
        int(row["tokens"]),
        str(row["at"]),
    )


@contextmanager
def open_store(folder: Path, settings: Settings, codebook: Codebook) -> Iterator[AnswerStore]:
    """Open the store for these settings, locked against a second run."""
    name = fingerprint(settings, codebook)
    model = re.sub(r"[^\w.-]+", "_", settings.model)[:60]
    path = folder / f"{model}-{name}.jsonl"
    if not (folder / ".gitignore").exists():
        files.write_text(folder / ".gitignore", "*\n")
    described = {
        "model": settings.model,
        "prompt": prompt.digest(settings),
        "codebook": codebook.digest,
        "codebook_version": codebook.version,
        **settings.of_answers(),
    }
    with changing(path, patience=1.0):
        files.write_json(path.with_suffix(".json"), described)
        with AnswerStore(path) as store:
            yield store
