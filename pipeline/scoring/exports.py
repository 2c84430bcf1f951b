"""Scores for spreadsheets and scripts: one CSV or JSONL file, sorted by channel, time and position.

The parts are sorted by hash, so rows are first put aside into ranges of the wanted order; memory
holds one range and the names of all posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl

from pipeline.scoring.folder import ScoringFolder
from pipeline.scoring.spool import Spool

FORMATS = ("csv", "jsonl")
RANGE_ROWS = 50_000
# What spreadsheets take for a formula at the start of a cell (OWASP, "CSV injection").
_FORMULA = "^[=+\\-@\t\r\n＝＋－＠]"
_POST = ["channel", "published", "post_id"]
_RANGE = "_range"


def export(folder: ScoringFolder, forms: Sequence[str]) -> int:
    """Write ``scores.<form>`` for every form; returns how many CSV cells were neutralised.

    A cell that a spreadsheet would run as a formula gets an apostrophe in front. Offsets of
    evidence stay those of the text without it.
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
    neutralised = 0
    for form in forms:
        with folder.publishing(folder.export(form)) as file:
            for number in range(max(1, count)):
                rows = _sorted(spool.read(number))
                if form == "csv":
                    neutralised += _write_csv(file, rows, first=number == 0)
                else:
                    _readable(rows).write_ndjson(file)
    return neutralised


def _ranges(parts: Sequence[Path]) -> pl.DataFrame:
    """Of every post, the range of the wanted order that its rows go to."""
    posts = pl.concat([pl.read_parquet(part, columns=_POST) for part in parts])
    posts = posts.group_by(_POST).len("_rows").sort(*_order())
    before = pl.col("_rows").cum_sum() - pl.col("_rows")
    return posts.select("post_id", (before // RANGE_ROWS).cast(pl.Int64).alias(_RANGE))


def _sorted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(*_order(), "position")


def _order() -> list[pl.Expr]:
    """Message 9 before message 10: shorter names first."""
    name = pl.col("post_id")
    return [pl.col("channel"), pl.col("published"), name.str.len_chars(), name]


def _readable(rows: pl.DataFrame) -> pl.DataFrame:
    time = pl.col("published").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return rows.with_columns(time, pl.col(pl.Enum).cast(pl.String))


def _write_csv(file: IO[bytes], rows: pl.DataFrame, *, first: bool) -> int:
    """One stretch of the file, the first with heading and BOM: Excel takes it for UTF-8 then."""
    readable = _readable(rows)
    risky = pl.col(pl.String).str.contains(_FORMULA)
    counts = readable.select(risky.sum()).row(0)
    safe = readable.with_columns(
        pl.when(risky)
        .then(pl.lit("'") + pl.col(pl.String))
        .otherwise(pl.col(pl.String))
        .name.keep()
    )
    safe.write_csv(file, include_header=first, include_bom=first)
    return int(np.sum(counts, dtype=np.int64))
