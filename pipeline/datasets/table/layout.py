"""The columns of a labelled table, and how its rows are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.datasets.table.arrow import MAGIC, arrow_rows
from pipeline.errors import InputError, did_you_mean
from pipeline.sources import rows
from pipeline.sources.raw import Raw

# Common column names of each field, most likely first.
USUAL: dict[str, tuple[str, ...]] = {
    "text": ("text", "headline", "title", "sentence", "paragraph", "body", "content"),
    "opening": ("opening",),
    "before": ("before",),
    "language": ("language", "lang"),
    "post": ("post", "post_id", "document", "document_id", "doc_id"),
    "group": ("group",),
    "channel": ("channel",),
    "voice": ("voice",),
    "coder": ("coder", "annotator", "worker"),
    "labels": ("labels", "label", "frames", "codes"),
    "stance": ("stance",),
    "fold": ("fold", "split"),
}
# Fields that settings can name; "stance" is only recognised by its column name.
FIELDS = tuple(name for name in USUAL if name != "stance")
_DELIMITERS = ("\t", ",", ";", "|")


@dataclass(frozen=True)
class Layout:
    """How a labelled table is read.

    Attributes:
        columns: field → column; a missing field is recognised by its common names, and ``""``
            means that the table has no such column.
        header: column names in order, for files without a header line.
        separator: separator between codes in a cell that lists several.
        answers: words of the table → answers of the codebook, in addition to the common words.
        part: the test part, if the fold column names the parts of a cross-validation; all other
            parts are train.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    separator: str = ";"
    answers: Mapping[str, str] = field(default_factory=dict)
    part: str = ""

    def bind(self, path: Path, names: list[str]) -> dict[str, str]:
        """Field → column of this file; raises InputError if a named column is missing or if no
        column holds texts."""
        bound = {}
        folded = {name.casefold(): name for name in reversed(names)}
        for name, usual in USUAL.items():
            column = self.columns.get(name)
            if column:
                if column not in names:
                    raise InputError(
                        f"{path}: labelled.{name}={column}: no such column"
                        f"{did_you_mean(column, names)}"
                    )
                bound[name] = column
            elif column is None:
                known = [folded[word] for word in usual if word in folded]
                bound |= {name: known[0]} if known else {}
        if "text" not in bound:
            raise InputError(
                f"{path}: no text column among {', '.join(names[:12])}; "
                "name it with labelled.text=COLUMN"
            )
        return bound


def rows_of(path: Path, header: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The rows of a file with their numbers, counted from 1 without the header line.

    The file format is recognised by content. Raises InputError for an unsupported format and for a
    row that cannot be read; labelled rows are never skipped silently.
    """
    for number, row in enumerate(_any_rows(path, header), start=1):
        if isinstance(row, rows.Broken):
            shown = row.text.strip()[:60]
            raise InputError(f"{path}: row {number}: not a row of this table: {shown!r}")
        yield number, row


def _any_rows(path: Path, header: tuple[str, ...]) -> Iterator[rows.Row]:
    raw = Raw(path)
    if raw.head.startswith(b"PAR1"):
        return rows.parquet_rows(path, rows.parquet_names(path))
    if raw.head.startswith(MAGIC):
        return arrow_rows(path)
    head = raw.head_text().lstrip("\ufeff \r\n")
    if not head:
        raise InputError(f"{path}: the file is empty")
    if head.startswith("{"):
        return rows.json_lines(raw)
    if head.startswith("["):
        return rows.json_array(raw)
    if header:
        first = head.partition("\n")[0]
        likely = max(_DELIMITERS, key=first.count)
        return rows.csv_rows(raw, rows.named_delimiter(head) or likely, header=header)
    delimiter = rows.csv_delimiter(head, known=None)
    if delimiter is None:
        raise InputError(
            f"{path}: no table header found; if there is none, name the columns in order with "
            "labelled.header=[text,…] (supported: CSV, TSV, JSONL, a JSON array, Parquet and Arrow)"
        )
    return rows.csv_rows(raw, delimiter)
