"""Rows stored on disk in numbered buckets, so that a million posts need little memory.

A bucket is one file of Arrow streams, one per flush. Spools are temporary: an incomplete one is
deleted and filled again.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

FLUSH_BYTES = 16 * 2**20
_BUCKET = "_bucket"


class Spool:
    """Buckets in a folder; rows of a bucket are read in the order in which they were added."""

    def __init__(self, folder: Path, schema: pl.Schema, flush_bytes: int = FLUSH_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.schema = schema
        self._flush_bytes = flush_bytes
        self._pending: list[pl.DataFrame] = []
        self._pending_bytes = 0

    def add(self, rows: pl.DataFrame, buckets: NDArray[np.int64]) -> None:
        """Add each row to its bucket; ``buckets`` has one number per row."""
        if rows.is_empty():
            return
        rows = rows.select(self.schema.names()).cast(self.schema)
        self._pending.append(rows.with_columns(pl.Series(_BUCKET, buckets, pl.Int64)))
        self._pending_bytes += int(rows.estimated_size())
        if self._pending_bytes >= self._flush_bytes:
            self.flush()

    def flush(self) -> None:
        """Write buffered rows; must be called after the last row."""
        if not self._pending:
            return
        rows = pl.concat(self._pending)
        self._pending, self._pending_bytes = [], 0
        parts = rows.partition_by(_BUCKET, maintain_order=True, as_dict=True, include_key=False)
        for (bucket,), part in sorted(parts.items()):
            with self._path(bucket).open("ab") as file:
                part.write_ipc_stream(file, compression="lz4")

    def pieces(self, bucket: int) -> Iterator[pl.DataFrame]:
        """The rows of a bucket, one table per flush."""
        import pyarrow as pa

        if not self._path(bucket).exists():
            return
        with self._path(bucket).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            while file.tell() < size:
                with pa.ipc.open_stream(file) as stream:
                    piece = pl.from_arrow(stream.read_all())
                yield pl.DataFrame(piece).cast(self.schema)

    def read(self, *buckets: int) -> pl.DataFrame:
        """All rows of these buckets, in order; an empty table if there are none."""
        pieces = [piece for bucket in buckets for piece in self.pieces(bucket)]
        return pl.concat(pieces) if pieces else self.schema.to_frame()

    def checksums(self) -> dict[str, int]:
        """File name → checksum, to detect files damaged by a power failure."""
        return {path.name: _crc(path) for path in sorted(self.folder.glob("*.arrows"))}

    def _path(self, bucket: object) -> Path:
        return self.folder / f"{bucket}.arrows"


def _crc(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        for block in _blocks(file):
            value = zlib.crc32(block, value)
    return value


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(2**20):
        yield block
