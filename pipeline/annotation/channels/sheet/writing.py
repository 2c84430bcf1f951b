"""Queue and codebook → a sheet for a coder, as CSV or XLSX by the file's ending."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pipeline.annotation.channels.page.queue import Item, Queue
from pipeline.annotation.channels.sheet import columns
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.io import files

ENDINGS = (".xlsx", ".csv")
CELL_CHARACTERS = 32_767  # limit of Excel
_ROWS = 1_048_575


def write(queue: Queue, path: Path, codebook: Codebook) -> list[Item]:
    """Write the sheet; returns the passages that are too long for a cell and are left out.

    Raises :class:`InputError` for an unknown ending and for too many rows.
    """
    if path.suffix.casefold() not in ENDINGS:
        raise InputError(f"{path}: a sheet must end in {' or '.join(ENDINGS)}")
    fitting = [item for item in queue.items if len(item.text) <= CELL_CHARACTERS]
    if len(fitting) > _ROWS:
        raise InputError(
            f"{path}: {len(fitting)} passages, but a sheet has {_ROWS} rows; use --limit"
        )
    rows = [
        columns.cells(number, item, queue, codebook) for number, item in enumerate(fitting, start=1)
    ]
    names = columns.headings(codebook)
    if path.suffix.casefold() == ".csv":
        _write_csv(rows, path, names)
    else:
        from pipeline.annotation.channels.sheet import workbook

        workbook.write(rows, path, names, codebook)
    return [item for item in queue.items if len(item.text) > CELL_CHARACTERS]


def _write_csv(rows: list[dict[str, str | int]], path: Path, names: list[str]) -> None:
    """Write UTF-8 with a byte-order mark, which Excel needs, and with formulas escaped."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows(columns.row_of(values, names, guard=True) for values in rows)
    with files.replacing(path) as temporary:
        temporary.write_text(buffer.getvalue(), encoding="utf-8-sig", newline="")
