"""Queue and codebook → a sheet for a coder, CSV or XLSX by the file's ending."""

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
CELL_CHARACTERS = 32_767  # more than that and Excel calls the file damaged
_ROWS = 1_048_575


def write(queue: Queue, path: Path, codebook: Codebook) -> list[Item]:
    """Write the sheet; returns passages that are too long for a cell and were left out.

    Raises :class:`InputError` for another ending, and for more rows than a sheet holds.
    """
    if path.suffix.casefold() not in ENDINGS:
        raise InputError(f"{path}: a sheet ends in {' or '.join(ENDINGS)}")
    fitting = [item for item in queue.items if len(item.text) <= CELL_CHARACTERS]
    if len(fitting) > _ROWS:
        raise InputError(f"{path}: {len(fitting)} passages, a sheet holds {_ROWS}; use --limit")
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
    """UTF-8 with a byte-order mark, by which Excel knows it; no cell begins like a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows(columns.row_of(values, names, guard=True) for values in rows)
    with files.replacing(path) as temporary:
        temporary.write_text(buffer.getvalue(), encoding="utf-8-sig", newline="")
