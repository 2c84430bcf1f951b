"""Lines of ``labels/texts/*.jsonl``: passages to label, with their origin."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Any

import polars as pl

from pipeline.annotation.lines import load_object
from pipeline.errors import did_you_mean
from pipeline.text.passage_id import BEFORE_LENGTH, OPENING_LENGTH, normalise, passage_id

SHORTEST = 40
LONGEST = 1200
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Text:
    """A passage; ``group`` identifies contrast pairs, ``position`` is its index in the post."""

    passage_id: str
    text: str
    language: str
    voice: str
    genre: str
    post: str
    position: int
    opening: str = ""
    before: str = ""
    group: str | None = None

    def to_json(self) -> str:
        row = asdict(self)
        return json.dumps({key: row[key] for key in SCHEMA}, ensure_ascii=False)


SCHEMA = {
    "passage_id": pl.String(),
    "text": pl.String(),
    "opening": pl.String(),
    "before": pl.String(),
    "language": pl.String(),
    "voice": pl.String(),
    "genre": pl.String(),
    "group": pl.String(),
    "post": pl.String(),
    "position": pl.Int32(),
}
_REQUIRED = ("passage_id", "text", "language", "voice", "genre", "post", "position")


def parse(line: str) -> Text:
    """Parse a line; raises ValueError with the reason."""
    row = load_object(line)
    for key in row:
        if key not in SCHEMA:
            raise ValueError(f"unknown key {key!r}{did_you_mean(key, list(SCHEMA))}")
    missing = [key for key in _REQUIRED if key not in row]
    if missing:
        raise ValueError(f"missing {', '.join(missing)}")
    for key, value in row.items():
        _check_type(key, value)
    row["group"] = row.get("group") or None  # "" would group all passages without a group
    text = Text(**{f.name: row[f.name] for f in fields(Text) if row.get(f.name) is not None})
    if not normalise(text.text):
        raise ValueError("text: empty")
    if not _LANGUAGE.fullmatch(text.language):
        raise ValueError(f"language: expected a code such as 'en', found {text.language!r}")
    return text


def _check_type(key: str, value: Any) -> None:
    if key == "position":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"position: expected an integer from 0, found {value!r}")
    elif value is None and key in ("group", "opening", "before"):
        return
    elif not isinstance(value, str):
        raise ValueError(f"{key}: expected text, found {value!r}")
    elif not value.strip() and key in _REQUIRED:
        raise ValueError(f"{key}: empty")


def errors(text: Text) -> list[str]:
    """Errors of a passage: its id must be the hash of its text and context."""
    expected = passage_id(text.text, text.opening, text.before)
    if text.passage_id == expected:
        return []
    return [
        f"passage_id {text.passage_id!r} does not match text, opening and before; "
        f"expected {expected!r} (a changed text is a new passage)"
    ]


def warnings(text: Text) -> list[str]:
    """Warnings about unusual lengths."""
    found = []
    length = len(text.text)
    if not SHORTEST <= length <= LONGEST:
        found.append(f"text of {length} characters; expected {SHORTEST} to {LONGEST}")
    if len(text.opening) > OPENING_LENGTH:
        found.append(
            f"opening of {len(text.opening)} characters; only the first {OPENING_LENGTH} are used"
        )
    if len(text.before) > BEFORE_LENGTH:
        found.append(
            f"before of {len(text.before)} characters; only the first {BEFORE_LENGTH} are used"
        )
    return found


def frame(texts: list[Text]) -> pl.DataFrame:
    """One row per passage, columns in the order of the file format."""
    rows = [asdict(text) for text in texts]
    return pl.DataFrame({key: [row[key] for row in rows] for key in SCHEMA}, schema=SCHEMA)
