"""Which column of a table is which field of a post."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, did_you_mean

# The usual names of each field, the likelier first.
USUAL: dict[str, tuple[str, ...]] = {
    "id": ("id", "post_id", "message_id", "msg_id", "passage_id"),
    "message": (),
    "text": ("text", "message", "body", "content", "paragraphs", "post_text", "full_text", "текст"),
    "channel": ("channel", "channel_username", "channel_name", "chat", "username", "канал"),
    "published": (
        "published",
        "date",
        "datetime",
        "timestamp",
        "created_at",
        "published_at",
        "time",
        "year",
        "дата",
    ),
    "edited": ("edited", "edit_date", "edited_at"),
    "forwarded_from": ("forwarded_from", "forward_from", "fwd_from"),
    "url": ("url", "link", "permalink"),
    "media": ("media", "media_type"),
    "opening": ("opening",),
    "before": ("before",),
}
_NOTHING = ""
ColumnPath = tuple[str, ...]


class Columns:
    """A user's mapping of fields to columns.

    A field that is null is recognised by its usual names; ``""`` means that the file has no such
    column. A column may be a path into nested values (``peer_id.channel_id``), and several joined
    by ``|`` are tried in turn; where the last is empty (``media|``) all may be missing.
    """

    def __init__(self, mapping: Mapping[str, str | None]) -> None:
        self.mapping = {field: column for field, column in mapping.items() if column is not None}

    def known_names(self) -> frozenset[str]:
        """Names by which a header line shows itself: usual ones of the text, and mapped ones."""
        mapped = (name for column in self.mapping.values() for name in column.split("|") if name)
        return frozenset(name.casefold() for name in (*USUAL["text"], *mapped))

    def bind(self, path: Path, names: Sequence[str]) -> Bound:
        """Columns of one file, which has these ``names``; InputError for one that it lacks."""
        bound: dict[str, list[ColumnPath]] = {}
        folded: dict[str, str] = {}
        for name in names:
            folded.setdefault(name.strip().casefold(), name)
        for field, usual in USUAL.items():
            column = self.mapping.get(field)
            if column == _NOTHING:
                continue
            if column is None:
                here = [(folded[name],) for name in usual if name in folded]
                # Rows of one file may name their id in different ways, but nothing else.
                bound[field] = list(here if field == "id" else here[:1])
            else:
                bound[field] = _mapped(path, field, column, names)
        if not bound.get("text"):
            raise InputError(
                f"{path}: no column with the text among {', '.join(names[:20]) or 'none at all'}; "
                "name it: ingest.table.text=COLUMN"
            )
        if "id" not in self.mapping and self.mapping.get("message"):
            bound["id"] = []
        return Bound({field: paths for field, paths in bound.items() if paths})


class Bound:
    """Columns as they stand in one file."""

    def __init__(self, paths: Mapping[str, list[ColumnPath]]) -> None:
        self.paths = paths

    def has(self, field: str) -> bool:
        return field in self.paths

    def of(self, row: Mapping[str, Any], field: str) -> Any:
        """The first value that is there; None for a field without column or value."""
        return next((value for value in self._values(row, field) if value != ""), None)

    def given(self, row: Mapping[str, Any], field: str) -> str | None:
        """A text as it is given, an empty one included; None where the row has none."""
        value = next(self._values(row, field), None)
        return None if value is None else str(value)

    def _values(self, row: Mapping[str, Any], field: str) -> Iterator[Any]:
        """What stands at the end of each path that the row has."""
        for path in self.paths.get(field, ()):
            value: Any = row
            for key in path:
                value = value.get(key) if isinstance(value, Mapping) else None
            if value is not None:
                yield value

    def top_level(self) -> list[str]:
        """Names of the columns that are read at all."""
        return list(dict.fromkeys(path[0] for paths in self.paths.values() for path in paths))


def _mapped(path: Path, field: str, column: str, names: Sequence[str]) -> list[ColumnPath]:
    paths: list[ColumnPath] = []
    for alternative in filter(None, column.split("|")):
        if alternative in names:
            paths.append((alternative,))
        elif alternative.split(".")[0] in names:
            paths.append(tuple(alternative.split(".")))
    if not paths and not column.endswith("|"):
        hint = did_you_mean(column, [str(name) for name in names])
        raise InputError(f"{path}: no column {column!r} (ingest.table.{field}){hint}")
    return paths


def all_names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every key of some rows, in the order in which they first come."""
    return list(dict.fromkeys(key for row in rows for key in row))
