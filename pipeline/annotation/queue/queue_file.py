"""A queue on disk as JSON Lines: passages to code, each with the reason.

``annotate queue`` and ``adjudicate`` write it; the page, the sheet and Label Studio read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.annotation import lines as coded
from pipeline.codebook import Codebook
from pipeline.errors import InputError, did_you_mean
from pipeline.io import files
from pipeline.text.passage_id import passage_id

_MARKS = ("passage_id", "asked", "reason")
_TEXTS = ("passage_id", "text", "opening", "before", "language", "post", "reason")
SETTLE = "settle"  # the reason of a passage for the lead


@dataclass(frozen=True)
class CoderAnswer:
    """A coder's answer, shown to the lead."""

    question: str
    coder: str
    answer: str
    evidence: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class QueueItem:
    """A passage in a queue.

    Attributes:
        asked: the questions to ask, None for all of the codebook.
        reason: sample, uncertain, scarce, disputed, stale or settle.
        inclusion: inclusion probability of the sample, None outside a sample.
        said: the coders' answers, in a queue for the lead.
    """

    passage_id: str
    text: str
    opening: str
    before: str
    language: str
    post: str
    position: int
    reason: str
    asked: tuple[str, ...] | None = None
    inclusion: float | None = None
    said: tuple[CoderAnswer, ...] = ()

    def row(self) -> dict[str, Any]:
        """A row for :func:`pipeline.annotation.channels.page.queue`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def to_json(self) -> str:
        row = asdict(self) | {"asked": coded.ALL if self.asked is None else list(self.asked)}
        if not self.said:
            del row["said"]
        else:
            row["said"] = [
                {k: v for k, v in entry.items() if v is not None} for entry in row["said"]
            ]
        return json.dumps(row, ensure_ascii=False)


def queue_item(
    row: Mapping[str, Any],
    reason: str,
    *,
    asked: tuple[str, ...] | None = None,
    inclusion: float | None = None,
    said: tuple[CoderAnswer, ...] = (),
) -> QueueItem:
    """An item from a row of a table of passages."""
    return QueueItem(
        passage_id=row["passage_id"],
        text=row["text"],
        opening=row["opening"] or "",
        before=row["before"] or "",
        language=row["language"] or "",
        post=row["post"],
        position=row["position"],
        reason=reason,
        asked=asked,
        inclusion=inclusion,
        said=said,
    )


def write(path: Path, queue: Iterable[QueueItem]) -> None:
    files.write_text(path, "".join(item.to_json() + "\n" for item in queue))


def is_queue(path: Path) -> bool:
    """Whether a file is a queue, judged by its first line."""
    try:
        with path.open(encoding="utf-8") as file:
            first = json.loads(file.readline())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and all(name in first for name in _MARKS)


def read(path: Path, codebook: Codebook) -> list[QueueItem]:
    """Read a queue; raises :class:`InputError` with the line number."""
    found = []
    for number, text in coded.numbered(path):
        try:
            found.append(_parse(coded.load_object(text), codebook))
        except (ValueError, InputError) as error:
            raise InputError(f"{path}:{number}: {error}") from error
    return found


def _parse(row: dict[str, Any], codebook: Codebook) -> QueueItem:
    known = list(QueueItem.__dataclass_fields__)
    for key in row:
        if key not in known:
            raise ValueError(f"unknown key {key!r}{did_you_mean(key, known)}")
    for name in _TEXTS:
        if not isinstance(row.get(name), str):
            raise ValueError(f"{name}: expected text, found {row.get(name)!r}")
    if not isinstance(row.get("position"), int):
        raise ValueError(f"position: expected a number, found {row.get('position')!r}")
    if not isinstance(row.get("inclusion"), int | float | None):
        raise ValueError(f"inclusion: expected a share, found {row['inclusion']!r}")
    if row["passage_id"] != passage_id(row["text"], row["opening"], row["before"]):
        raise ValueError("passage_id does not match text, opening and before; make the queue again")
    asked = row.get("asked", coded.ALL)
    if asked != coded.ALL and not (isinstance(asked, list) and asked):
        raise ValueError(f'asked: expected "all" or a list of questions, found {asked!r}')
    names = None if asked == coded.ALL else tuple(codebook.question(str(q)).name for q in asked)
    said = row.get("said", [])
    if not isinstance(said, list):
        raise ValueError(f"said: expected a list of answers, found {said!r}")
    answers = tuple(_coder_answer(entry) for entry in said)
    return replace(QueueItem(**row), asked=names, said=answers)


def _coder_answer(entry: Any) -> CoderAnswer:
    known = tuple(CoderAnswer.__dataclass_fields__)
    if not isinstance(entry, dict) or not set(entry) <= set(known):
        raise ValueError(f"said: expected {', '.join(known)}, found {entry!r}")
    for name in ("question", "coder", "answer"):
        if not isinstance(entry.get(name), str):
            raise ValueError(f"said: missing {name}")
    for name in ("evidence", "note"):
        if not isinstance(entry.get(name), str | None):
            raise ValueError(f"said: {name}: expected text, found {entry[name]!r}")
    return CoderAnswer(**entry)
