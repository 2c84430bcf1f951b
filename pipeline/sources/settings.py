"""The user's settings for reading files, validated."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone, tzinfo

from pipeline.errors import InputError, did_you_mean
from pipeline.sources.collectors import COLLECTORS, Collector
from pipeline.sources.limits import Limits

ORDERS = ("dmy", "mdy")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?")


@dataclass(frozen=True)
class Settings:
    """How files are read.

    Attributes:
        columns: field of a post → column of a table; ``""``: the file has none; missing fields are
            recognised by their usual names.
        collector: the collector of a table; None: recognised by its columns.
        date_order: ``dmy`` or ``mdy`` for numeric dates; None: detected from the column, with an
            InputError if it is ambiguous.
        zone: of times without a zone.
        encoding: of text; None: from the byte-order mark, else UTF-8.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    collector: Collector | None = None
    date_order: str | None = None
    zone: tzinfo = UTC
    encoding: str | None = None
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, given: Mapping[str, str | None], limits: Limits | None = None) -> Settings:
        """Settings from ``ingest.table``; raises InputError for an invalid value."""
        columns = {name: value for name, value in given.items() if value is not None}
        collector = columns.pop("collector", None)
        order = columns.pop("date_order", None) or None
        zone = columns.pop("timezone", None)
        encoding = columns.pop("encoding", None) or None
        if collector and collector not in COLLECTORS:
            raise InputError(
                f"ingest.table.collector={collector}: no such collector"
                f"{did_you_mean(collector, list(COLLECTORS))}"
            )
        if order is not None and order not in ORDERS:
            raise InputError(
                f"ingest.table.date_order={order}: allowed are dmy (31/12/2026) and mdy "
                "(12/31/2026)"
            )
        return cls(
            columns,
            COLLECTORS[collector] if collector else None,
            order,
            zone_of(zone) if zone else UTC,
            _encoding(encoding),
            limits or Limits(),
        )


def zone_of(name: str) -> tzinfo:
    """``Europe/Moscow``, ``UTC`` or ``+03:00`` → the zone; raises InputError if invalid."""
    from zoneinfo import ZoneInfo

    offset = _OFFSET.fullmatch(name)
    if offset is not None and int(offset[2]) < 24 and int(offset[3] or 0) < 60:
        shift = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(shift if offset[1] == "+" else -shift)
    try:
        return UTC if name in {"UTC", "Z"} else ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise InputError(
            f"ingest.table.timezone={name}: no such zone; allowed are names such as Europe/Moscow "
            "and offsets such as +03:00"
        ) from error


def _encoding(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise InputError(
            f"ingest.table.encoding={name}: no such encoding; allowed are e.g. utf-8, cp1251, "
            "cp1252, koi8-r, utf-16"
        ) from error
    if not getattr(info, "_is_text_encoding", True):
        raise InputError(f"ingest.table.encoding={name}: not an encoding of text, such as cp1251")
    return info.name
