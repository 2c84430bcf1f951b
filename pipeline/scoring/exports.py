"""Exports of scores for spreadsheets and scripts, sorted by channel, time and position.

The parts are sorted by hash, so rows are first spooled to disk by range of the final order. Memory
holds one range and the ids of all posts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl

from pipeline import codebook as codebooks
from pipeline.codebook import Codebook
from pipeline.io.formulas import FORMULA
from pipeline.scoring.folder import ScoringFolder
from pipeline.scoring.spool import Spool
from pipeline.scoring.workbook import ScoresWorkbook

RANGE_ROWS = 50_000
_POST = ["channel", "published", "post_id"]
_RANGE = "_range"


@dataclass(frozen=True)
class Exported:
    """Counts of cells that were changed for spreadsheets.

    Attributes:
        neutralised: cells that a spreadsheet would run as formulas.
        shortened: cells of the workbook that exceed the length limit of spreadsheets.
    """

    neutralised: int = 0
    shortened: int = 0


def export(folder: ScoringFolder, forms: Sequence[str]) -> Exported:
    """Write ``scores.<form>`` for every form.

    A cell that a spreadsheet would run as a formula is prefixed with an apostrophe in CSV and
    marked as text in XLSX. Offsets of evidence refer to the text without the apostrophe.
    """
    parts = folder.parts()
    ranges = _ranges(parts)
    count = int(ranges[_RANGE].max() or 0) + 1 if ranges.height else 0  # type: ignore[arg-type]
    spool = Spool(folder.fresh("export"), pl.Schema(pl.read_parquet_schema(parts[0])))
    for part in parts:
        rows = pl.read_parquet(part)
        numbers = rows.join(ranges, on="post_id", how="left", maintain_order="left")[_RANGE]
        spool.add(rows, numbers.to_numpy())
    spool.flush()
    done = []
    for form in forms:
        chunks = (_readable(_sorted(spool.read(number))) for number in range(max(1, count)))
        with folder.publishing(folder.export(form)) as file:
            done.append(_write(form, file, chunks, folder))
    # The forms have the same cells.
    return Exported(
        neutralised=max((one.neutralised for one in done), default=0),
        shortened=max((one.shortened for one in done), default=0),
    )


def _write(
    form: str, file: IO[bytes], chunks: Iterable[pl.DataFrame], folder: ScoringFolder
) -> Exported:
    match form:
        case "csv":
            return _write_csv(file, chunks)
        case "xlsx":
            return _write_xlsx(file, chunks, codebooks.load(folder.codebook))
        case _:
            return _write_jsonl(file, chunks)


def _ranges(parts: Sequence[Path]) -> pl.DataFrame:
    """The range of the final order that each post's rows belong to."""
    posts = pl.concat([pl.read_parquet(part, columns=_POST) for part in parts])
    # Rows that an update added to a post may have a later date; the post is sorted by its first.
    posts = posts.group_by("post_id").agg(pl.col("channel", "published").min(), _rows=pl.len())
    posts = posts.sort(*_order())
    before = pl.col("_rows").cum_sum() - pl.col("_rows")
    return posts.select("post_id", (before // RANGE_ROWS).cast(pl.Int64).alias(_RANGE))


def _sorted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(*_order(), "position")


def _order() -> list[pl.Expr]:
    """The sort key; shorter ids first, so that message 9 precedes message 10."""
    name = pl.col("post_id")
    return [pl.col("channel"), pl.col("published"), name.str.len_chars(), name]


def _readable(rows: pl.DataFrame) -> pl.DataFrame:
    time = pl.col("published").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return rows.with_columns(time, pl.col(pl.Enum).cast(pl.String))


def _write_csv(file: IO[bytes], chunks: Iterable[pl.DataFrame]) -> Exported:
    """Write CSV with a header line and a BOM, by which Excel recognises UTF-8."""
    neutralised = 0
    for number, rows in enumerate(chunks):
        risky = pl.col(pl.String).str.contains(FORMULA)
        neutralised += int(np.sum(rows.select(risky.sum()).row(0), dtype=np.int64))
        safe = rows.with_columns(
            pl.when(risky)
            .then(pl.lit("'") + pl.col(pl.String))
            .otherwise(pl.col(pl.String))
            .name.keep()
        )
        safe.write_csv(file, include_header=number == 0, include_bom=number == 0)
    return Exported(neutralised)


def _write_xlsx(file: IO[bytes], chunks: Iterable[pl.DataFrame], codebook: Codebook) -> Exported:
    book: ScoresWorkbook | None = None
    for rows in chunks:
        book = book or ScoresWorkbook(rows.columns, codebook)
        book.add(rows)
    assert book is not None, "there is at least one chunk, possibly empty"
    book.save(file)
    return Exported(book.neutralised, book.shortened)


def _write_jsonl(file: IO[bytes], chunks: Iterable[pl.DataFrame]) -> Exported:
    for rows in chunks:
        rows.write_ndjson(file)
    return Exported()
