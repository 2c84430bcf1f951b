"""Files of any collector → paragraphs on disk, in buckets by passage, and what was dropped.

Two passes keep memory small: posts are put aside by ``post_id``, so that all versions of a post
meet in one bucket; each bucket is then deduplicated and cut into paragraphs by itself.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import paragraphs, sources, tables
from pipeline.progress import Progress
from pipeline.scoring.folder import ScoringFolder, sha256_of
from pipeline.scoring.ledger import Plan
from pipeline.scoring.shards import bits_for, shard_numbers
from pipeline.scoring.spool import Spool

if TYPE_CHECKING:
    import pyarrow as pa

POST_BUCKETS = 64
PASSAGE_BITS = 8
_FROM_POST = ("channel", "published", "forwarded_from", "url", "source_file")


@dataclass(frozen=True)
class Reading:
    """How files are read and cut; the options of sources and segmentation."""

    columns: Mapping[str, str | None]
    aliases: Mapping[str, str]
    min_characters: int
    item_characters: int
    shard_passages: int


class Prepared:
    """Paragraphs that wait to be scored."""

    def __init__(self, folder: ScoringFolder) -> None:
        self._marker = folder.work / "prepared.json"
        self._folder = folder.work / "paragraphs"

    def spool(self) -> Spool:
        return Spool(self._folder, _paragraph_schema())

    def plan(self) -> Plan | None:
        """What was prepared, if it was finished and the disk still holds what was written."""
        try:
            raw = json.loads(self._marker.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        written = (raw["passage_bits"], raw["checksums"])
        if written != (PASSAGE_BITS, self.spool().checksums()):
            return None
        return Plan(**raw["plan"])

    def finish(self, plan: Plan) -> None:
        raw = {
            "plan": asdict(plan),
            "passage_bits": PASSAGE_BITS,
            "checksums": self.spool().checksums(),
        }
        self._marker.write_text(json.dumps(raw), encoding="utf-8")

    def shard(self, number: int, bits: int) -> pl.DataFrame:
        """The paragraphs of a shard, in no order."""
        spool = self.spool()
        if bits > PASSAGE_BITS:
            rows = spool.read(number >> (bits - PASSAGE_BITS))
            return rows.filter(shard_numbers(rows["passage_id"], bits) == number)
        buckets = 2 ** (PASSAGE_BITS - bits)
        return spool.read(*range(number * buckets, (number + 1) * buckets))


def prepare(
    files: Sequence[Path], folder: ScoringFolder, reading: Reading, progress: Progress
) -> Plan:
    """Read, deduplicate and segment; publishes the dropped pieces, puts the rest aside."""
    folder.sweep()
    work = _Work(folder)
    with progress(len(files), "Reading files") as advance:
        for path in files:
            work.read(path, reading)
            advance(1)
        work.flush_posts()
    with progress(POST_BUCKETS, "Cutting posts into paragraphs") as advance:
        for bucket in range(POST_BUCKETS):
            work.segment(bucket, reading)
            advance(1)
    return work.finish(reading.shard_passages)


@dataclass
class _Work:
    """Counts and spools of one preparation."""

    folder: ScoringFolder
    posts: int = 0
    paragraphs: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._posts = Spool(self.folder.work / "posts", tables.Posts.create_empty().schema)
        self._dropped = Spool(self.folder.work / "dropped", tables.Dropped.create_empty().schema)
        self._prepared = Prepared(self.folder)
        self._paragraphs = self._prepared.spool()

    def read(self, path: Path, reading: Reading) -> None:
        for batch in sources.read(path, reading.columns, reading.aliases):
            self._posts.add(batch.posts, _post_buckets(batch.posts["post_id"]))
            self._drop(batch.dropped)

    def flush_posts(self) -> None:
        self._posts.flush()

    def segment(self, bucket: int, reading: Reading) -> None:
        copies = self._posts.read(bucket)
        if copies.is_empty():
            return
        posts, superseded = sources.latest(copies)
        self._drop(superseded)
        kept, dropped = paragraphs.segment(
            posts,
            min_characters=reading.min_characters,
            item_characters=reading.item_characters,
        )
        self._drop(dropped)
        self.posts += posts.height
        self.paragraphs += kept.height
        self.languages.update(kept["language"].to_list())
        origin = posts.select("post_id", *_FROM_POST)
        rows = kept.join(origin, on="post_id", how="left", maintain_order="left")
        self._paragraphs.add(rows, shard_numbers(rows["passage_id"], PASSAGE_BITS))

    def finish(self, shard_passages: int) -> Plan:
        self._paragraphs.flush()
        self._dropped.flush()
        with self.folder.publishing(self.folder.dropped_part) as file:
            _write_parquet(file, self._dropped)
        plan = Plan(
            posts=self.posts,
            paragraphs=self.paragraphs,
            dropped=dict(sorted(self.reasons.items())),
            languages=dict(sorted(self.languages.items())),
            bits=bits_for(self.paragraphs, shard_passages),
            dropped_sha256=sha256_of(self.folder.dropped_part),
        )
        self._prepared.finish(plan)
        return plan

    def _drop(self, rows: pl.DataFrame) -> None:
        self.reasons.update(rows["reason"].to_list())
        self._dropped.add(rows, np.zeros(rows.height, np.int64))


def _write_parquet(file: IO[bytes], spool: Spool) -> None:
    """A spool of one bucket as one Parquet file, a row group a flush."""
    import pyarrow.parquet as pq

    schema = _to_arrow(spool.schema.to_frame()).schema
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for piece in spool.pieces(0):
            writer.write_table(_to_arrow(piece))


def _to_arrow(table: pl.DataFrame) -> pa.Table:
    return table.to_arrow(compat_level=pl.CompatLevel.oldest())


def _post_buckets(post_ids: pl.Series) -> NDArray[np.int64]:
    numbers = (zlib.crc32(key.encode()) % POST_BUCKETS for key in post_ids)
    return np.fromiter(numbers, np.int64, len(post_ids))


def _paragraph_schema() -> pl.Schema:
    posts = tables.Posts.create_empty().schema
    own = tables.Paragraphs.create_empty().schema
    return pl.Schema(dict(own) | {name: posts[name] for name in _FROM_POST})
