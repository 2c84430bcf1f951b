"""Maps the columns of a table to fields of a post."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, did_you_mean
from pipeline.sources.collectors import Collector, collector_of, folded
from pipeline.sources.missing import is_missing
from pipeline.sources.settings import Settings

# The usual column names per field, the most likely first; compared by collectors.folded().
USUAL: dict[str, tuple[str, ...]] = {
    "id": ("id", "post_id", "passage_id", "tweet_id", "uuid", "guid"),
    "message": (
        "message_id",
        "msg_id",
        "message_number",
        "telegram_id",
        "id поста",
        "id сообщения",
    ),
    "text": (
        *("text", "message", "body", "content", "paragraphs", "post_text", "full_text", "текст"),
        *("message_text", "raw_text", "raw_content", "content_text_plain", "post_message"),
        *("text_content", "текст поста", "текст сообщения", "сообщение", "caption"),
    ),
    "channel": (
        *("channel_username", "channel", "channel_name", "chat_username", "chat", "group"),
        *("page_name", "chat_name", "chat_title", "channel_title", "group_name", "username"),
        *("source_channel", "peer_username", "channel_id", "chat_id", "account", "screen_name"),
        *("канал", "название канала", "источник"),
    ),
    "title": (),
    "published": (
        *("published", "date", "datetime", "timestamp", "created_at", "published_at", "time"),
        *("post_created", "post_date", "date_time", "message_date", "publish_date", "date_utc"),
        *("creation_time", "created", "created_time", "created_utc", "pub_date", "date_published"),
        *("published_date", "year", "дата", "дата публикации", "дата и время", "время"),
    ),
    "edited": ("edited", "edit_date", "edited_at", "date_edited", "modified_time"),
    "forwarded_from": (
        *("forwarded_from", "forward_from", "fwd_from", "forwarded_from_name", "forwarded_from_id"),
        *("forward_from_name", "forwarded", "fwd_from_name", "переслано из"),
    ),
    "url": ("url", "link", "permalink", "message_link", "post_url", "message_url", "ссылка"),
    "media": ("media", "media_type"),
    "opening": ("opening",),
    "before": ("before",),
}
# Fields that are reported for every table.
REPORTED = ("text", "channel", "id", "published", "edited", "forwarded_from", "url", "media")
# Names of columns with usernames.
_USERNAMES = frozenset(
    {"username", "channelusername", "chatusername", "peerusername", "screenname", "handle"}
)
# In tables with one of these columns, a username is the sender's.
_SENDERS = {"senderid", "firstname", "fromid", "userid"}
_NOTHING = ""
ColumnPath = tuple[str, ...]


class Columns:
    """Columns per field: the user's mapping first, then a collector's, then the usual names.

    ``""`` means that the file has no such column. A column may be a path into nested values
    (``peer_id.channel_id``, ``attachments.0.type``). Alternatives joined by ``|`` are tried in
    order; with an empty last one (``media|``) all may be missing.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.mapping = settings.columns

    def known_names(self) -> frozenset[str]:
        """Folded names by which a header line is recognised: those of the text, and mapped ones."""
        collector = self.settings.collector
        maps = [self.mapping, collector.columns if collector is not None else {}]
        mapped = (
            name for columns in maps for column in columns.values() for name in column.split("|")
        )
        return frozenset(folded(name) for name in (*USUAL["text"], *mapped) if name)

    def bind(self, path: Path, names: Sequence[str]) -> Bound:
        """The columns of a file with these ``names``; raises InputError if one is missing."""
        collector = self.settings.collector or collector_of(names)
        spelled: dict[str, str] = {}
        for name in names:
            spelled.setdefault(folded(str(name)), str(name))
        bound: dict[str, list[ColumnPath]] = {}
        for name in USUAL:
            column = self.mapping.get(name)
            theirs = collector.columns.get(name) if collector is not None else None
            if column is not None:
                bound[name] = _mapped(path, name, column, names)
            elif theirs is not None:
                bound[name] = list(_found(theirs, spelled))
            else:
                bound[name] = self._usual(name, spelled)
        if not bound.get("text"):
            shown = ", ".join(str(name)[:40] for name in names[:20]) or "none at all"
            raise InputError(
                f"{path}: no column with the text among {shown}; set ingest.table.text=COLUMN"
            )
        if "id" not in self.mapping and (self.mapping.get("message") or _names_it(collector)):
            bound["id"] = []
        taken = {name: paths for name, paths in bound.items() if paths}
        return Bound(taken, collector, self._says_usernames(collector, taken))

    def _usual(self, field_name: str, spelled: Mapping[str, str]) -> list[ColumnPath]:
        here: list[ColumnPath]
        here = [(spelled[folded(name)],) for name in USUAL[field_name] if folded(name) in spelled]
        if field_name == "channel" and _SENDERS & spelled.keys():
            here = [path for path in here if folded(path[0]) != "username"]
        if field_name == "text":
            # Rows of pictures have a caption instead of a text.
            captions = [path for path in here[1:] if folded(path[0]) == "caption"]
            return here[:1] + captions
        # Only the id may be in different columns in rows of one file.
        return here if field_name == "id" else here[:1]

    def _says_usernames(
        self, collector: Collector | None, bound: Mapping[str, list[ColumnPath]]
    ) -> frozenset[ColumnPath]:
        """The paths of the channel that have usernames."""
        paths = bound.get("channel", [])
        if collector is not None and collector.has_usernames and "channel" not in self.mapping:
            return frozenset(paths)
        return frozenset(path for path in paths if folded(path[-1].split(".")[-1]) in _USERNAMES)


@dataclass(frozen=True)
class Bound:
    """The columns of one file."""

    paths: Mapping[str, list[ColumnPath]]
    collector: Collector | None = None
    usernames: frozenset[ColumnPath] = field(default_factory=frozenset)

    def has(self, name: str) -> bool:
        return name in self.paths

    def of(self, row: Mapping[str, Any], name: str) -> Any:
        """The first value of a field that is not missing, or None."""
        return next((value for _, value in self.values(row, name) if not is_missing(value)), None)

    def first(self, row: Mapping[str, Any], name: str) -> tuple[ColumnPath, Any] | None:
        """As :meth:`of`, with the column of the value."""
        return next(((p, v) for p, v in self.values(row, name) if not is_missing(v)), None)

    def given(self, row: Mapping[str, Any], name: str) -> str | None:
        """The text of a field, possibly empty; None if the row has none."""
        value = next((value for _, value in self.values(row, name)), None)
        return None if value is None else str(value)

    def values(self, row: Mapping[str, Any], name: str) -> Iterator[tuple[ColumnPath, Any]]:
        """All paths of a field that exist in the row, with their values."""
        for path in self.paths.get(name, ()):
            value = _at(row, path)
            if value is not None:
                yield path, value

    def top_level(self) -> list[str]:
        """Names of the top-level columns that are read."""
        return list(dict.fromkeys(path[0] for paths in self.paths.values() for path in paths))

    def taken(self) -> dict[str, str]:
        """Reported field → the column or columns used for it."""
        shown = {name: self.paths.get(name, []) for name in REPORTED}
        if not shown["id"]:
            shown["id"] = self.paths.get("message", [])
        return {
            name: "|".join(dict.fromkeys(path[0] for path in paths))
            for name, paths in shown.items()
            if paths
        }


def _at(row: Mapping[str, Any], path: ColumnPath) -> Any:
    value: Any = row
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _found(column: str, spelled: Mapping[str, str]) -> Iterator[ColumnPath]:
    """The collector's columns that exist in the file, in any spelling."""
    for alternative in filter(None, column.split("|")):
        whole = spelled.get(folded(alternative))
        head, *rest = alternative.split(".")
        if whole is not None and all(folded(part) for part in alternative.split(".")):
            yield (whole,)
        elif rest and folded(head) in spelled:
            yield (spelled[folded(head)], *rest)


def _mapped(path: Path, name: str, column: str, names: Sequence[str]) -> list[ColumnPath]:
    if column == _NOTHING:
        return []
    paths: list[ColumnPath] = []
    for alternative in filter(None, column.split("|")):
        if alternative in names:
            paths.append((alternative,))
        elif alternative.split(".")[0] in names:
            paths.append(tuple(alternative.split(".")))
    if not paths and not column.endswith("|"):
        hint = did_you_mean(column, [str(other) for other in names])
        raise InputError(f"{path}: no column {column!r} (ingest.table.{name}){hint}")
    return paths


def _names_it(collector: Collector | None) -> bool:
    return collector is not None and "message" in collector.columns


def all_names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """All keys of some rows, in order of first occurrence."""
    return list(dict.fromkeys(key for row in rows for key in row))
