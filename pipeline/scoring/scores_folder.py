"""Lazy access to the tables that ``rhetoric score`` wrote to a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.io.console import warn
from pipeline.scoring import ledger
from pipeline.scoring.folder import ScoringFolder, sha256_of
from pipeline.tables import Dropped, scores


@dataclass(frozen=True)
class ScoresFolder:
    """``dropped`` is None if the folder has no table of dropped text."""

    scores: pl.LazyFrame
    dropped: pl.LazyFrame | None
    shards: int


def open_folder(folder: Path, codebook: Codebook) -> ScoresFolder:
    """The tables in ``folder``.

    Raises:
        InputError: they are missing, damaged, made with another codebook, or not those that the
            ledger records.
    """
    parts = _recorded(folder, sorted((folder / "scores").glob("part-*.parquet")))
    if not parts:
        raise InputError(
            f"{folder}: no scores in it (scores/part-*.parquet); "
            f"run `rhetoric score FILES… -o {folder}` first"
        )
    expected = scores(codebook.frame_codes, codebook.target_codes).column_names()
    dropped = sorted((folder / "dropped").glob("*.parquet"))
    return ScoresFolder(
        scores=_scan(parts, expected, f"codebook {codebook.version}"),
        dropped=_scan(dropped, Dropped.column_names(), "this version") if dropped else None,
        shards=len(parts),
    )


def _recorded(folder: Path, parts: list[Path]) -> list[Path]:
    """The parts that the folder's ledger names, compared with its checksums; all if there is none.

    Other parts, such as the conflicted copies of a file synchroniser, are left out with a warning.
    """
    path = ScoringFolder(folder).ledger
    if not path.is_file():
        return parts
    sums = {
        f"part-{name}.parquet": shard.sha256
        for round_ in ledger.read(path).rounds
        for name, shard in round_.shards.items()
    }
    for part in parts:
        if part.name not in sums:
            warn(f"{part}: left out, because {path.name} does not name it")
        elif sha256_of(part) != sums[part.name]:
            raise InputError(
                f"{part}: changed since it was scored; delete it and run the same "
                "`rhetoric score` again"
            )
    return [part for part in parts if part.name in sums]


def _scan(parts: list[Path], expected: list[str], kind: str) -> pl.LazyFrame:
    for part in parts:
        try:
            found = pl.read_parquet_schema(part)
        except (pl.exceptions.PolarsError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(
                f"{part}: not a readable Parquet file ({reason}); delete it and run the same "
                "`rhetoric score` again"
            ) from error
        missing = [column for column in expected if column not in found]
        if missing:
            raise InputError(
                f"{part}: column {missing[0]!r} is missing, so it was not written with {kind}; "
                "score the posts again with `--restart`"
            )
    return pl.scan_parquet(parts).select(expected)
