"""What a user says about files: columns, dates, encoding; checked once."""

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
        columns: field of a post → column of a table; ``""``: the file has none; a field that is
            not here is recognised by its usual names.
        collector: whose table it is; None: told by its columns.
        date_order: ``dmy`` or ``mdy`` for days and months written as numbers; None: told by the
            column, and asked for where it does not tell.
        zone: of times that name none.
        encoding: of text; None: UTF-8, or what a byte-order mark says.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    collector: Collector | None = None
    date_order: str | None = None
    zone: tzinfo = UTC
    encoding: str | None = None
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, given: Mapping[str, str | None], limits: Limits | None = None) -> Settings:
        """Settings out of ``ingest.table``; raises InputError for a value that is not allowed."""
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
    """``Europe/Moscow``, ``UTC`` or ``+03:00`` → the zone; raises InputError for none."""
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
        raise InputError(f"ingest.table.encoding={name}: no encoding of text, e.g. cp1251 is")
    return info.name
