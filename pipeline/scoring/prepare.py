"""Files of any collector → paragraphs on disk, in buckets by passage, and dropped pieces.

Two passes keep memory use low: posts are spooled by ``post_id``, so that all versions of a post
are in one bucket; then each bucket is deduplicated and segmented on its own. In an update, text
that earlier rounds have scored or dropped is removed from each bucket.
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

from pipeline import sources, tables
from pipeline.io.console import warn
from pipeline.io.progress import Progress
from pipeline.scoring.folder import ScoringFolder, sha256_of
from pipeline.scoring.ledger import Plan
from pipeline.scoring.shards import bits_for, shard_numbers
from pipeline.scoring.spool import Spool
from pipeline.scoring.updates import EarlierRounds, known_schema, select_new
from pipeline.text import segmentation

if TYPE_CHECKING:
    import pyarrow as pa

POST_BUCKETS = 256
PASSAGE_BITS = 8
_FROM_POST = ("channel", "published", "forwarded_from", "url", "source_file")


@dataclass(frozen=True)
class Reading:
    """Options of sources and segmentation, and the size of shards."""

    columns: Mapping[str, str | None]
    aliases: Mapping[str, str]
    min_characters: int
    item_characters: int
    shard_passages: int
    limits: sources.Limits = field(default_factory=sources.Limits)


@dataclass(frozen=True)
class Pending:
    """Paragraphs to be scored, in buckets of ``bucket_bits``, read as shards of ``bits``."""

    folder: Path
    bits: int
    bucket_bits: int

    def shard(self, number: int) -> pl.DataFrame:
        """The paragraphs of a shard, in arbitrary order."""
        spool = Spool(self.folder, _paragraph_schema())
        if self.bits > self.bucket_bits:
            rows = spool.read(number >> (self.bits - self.bucket_bits))
            return rows.filter(shard_numbers(rows["passage_id"], self.bits) == number)
        buckets = 2 ** (self.bucket_bits - self.bits)
        return spool.read(*range(number * buckets, (number + 1) * buckets))


class Prepared:
    """The prepared paragraphs of a round."""

    def __init__(self, folder: ScoringFolder, round_number: int) -> None:
        self._round = round_number
        self._marker = folder.work / "prepared.json"
        self._folder = folder.work / "paragraphs"

    def spool(self) -> Spool:
        return Spool(self._folder, _paragraph_schema())

    def plan(self) -> Plan | None:
        """The plan, if preparation was finished and its files are intact."""
        try:
            raw = json.loads(self._marker.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        written = (raw["round"], raw["passage_bits"], raw["checksums"])
        if written != (self._round, PASSAGE_BITS, self.spool().checksums()):
            return None
        return Plan(**raw["plan"])

    def finish(self, plan: Plan) -> None:
        raw = {
            "plan": asdict(plan),
            "round": self._round,
            "passage_bits": PASSAGE_BITS,
            "checksums": self.spool().checksums(),
        }
        self._marker.write_text(json.dumps(raw), encoding="utf-8")

    def pending(self, plan: Plan) -> Pending:
        return Pending(self._folder, plan.bits, PASSAGE_BITS)


def prepare(
    files: Sequence[Path],
    folder: ScoringFolder,
    round_number: int,
    earlier: EarlierRounds,
    reading: Reading,
    progress: Progress,
) -> Plan:
    """Read, deduplicate and segment posts; spools paragraphs and writes the dropped pieces.

    Paragraphs and pieces of ``earlier`` rounds are left out.
    """
    folder.sweep()
    work = _Work(folder, round_number, earlier)
    with progress(len(files), "Reading files") as advance:
        for path in files:
            work.read(path, reading)
            advance(1)
        work.flush_posts()
    with progress(POST_BUCKETS, "Cutting posts into paragraphs, by parts") as advance:
        for bucket in range(POST_BUCKETS):
            work.segment(bucket, reading)
            advance(1)
    return work.finish(reading.shard_passages)


@dataclass
class _Work:
    """The state of one preparation: counts and spools."""

    folder: ScoringFolder
    round_number: int
    earlier: EarlierRounds
    posts: int = 0
    paragraphs: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._posts = Spool(self.folder.work / "posts", tables.Posts.create_empty().schema)
        self._dropped = Spool(self.folder.work / "dropped", tables.Dropped.create_empty().schema)
        self._prepared = Prepared(self.folder, self.round_number)
        self._paragraphs = self._prepared.spool()
        self._known = Spool(self.folder.work / "known", known_schema())
        self.earlier.spool_known(self._known, _post_buckets)

    def read(self, path: Path, reading: Reading) -> None:
        for batch in sources.read(path, reading.columns, reading.aliases, reading.limits):
            for note in batch.notes:
                warn(note)
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
        kept, dropped = segmentation.segment(
            posts,
            min_characters=reading.min_characters,
            item_characters=reading.item_characters,
        )
        self._drop(dropped)
        news = select_new(posts, kept, self._known.read(bucket))
        self._drop(news.edited)
        kept = news.paragraphs
        self.posts += news.posts
        self.paragraphs += kept.height
        self.languages.update(kept["language"].to_list())
        origin = posts.select("post_id", *_FROM_POST)
        rows = kept.join(origin, on="post_id", how="left", maintain_order="left")
        self._paragraphs.add(rows, shard_numbers(rows["passage_id"], PASSAGE_BITS))

    def finish(self, shard_passages: int) -> Plan:
        self._paragraphs.flush()
        self._dropped.flush()
        part = self.folder.dropped_part(self.round_number)
        with self.folder.publishing(part) as file:
            self._write_dropped(file)
        plan = Plan(
            posts=self.posts,
            paragraphs=self.paragraphs,
            dropped=dict(sorted(self.reasons.items())),
            languages=dict(sorted(self.languages.items())),
            bits=bits_for(self.paragraphs, shard_passages),
            dropped_sha256=sha256_of(part),
        )
        self._prepared.finish(plan)
        return plan

    def _drop(self, rows: pl.DataFrame) -> None:
        self._dropped.add(rows, np.zeros(rows.height, np.int64))

    def _write_dropped(self, file: IO[bytes]) -> None:
        """One Parquet file with one row group per flush."""
        import pyarrow.parquet as pq

        schema = _to_arrow(self._dropped.schema.to_frame()).schema
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for piece in self._dropped.pieces(0):
                fresh = self.earlier.unseen(piece)
                self.reasons.update(fresh["reason"].to_list())
                writer.write_table(_to_arrow(fresh))


def _to_arrow(table: pl.DataFrame) -> pa.Table:
    return table.to_arrow(compat_level=pl.CompatLevel.oldest())


def _post_buckets(post_ids: pl.Series) -> NDArray[np.int64]:
    numbers = (zlib.crc32(key.encode()) % POST_BUCKETS for key in post_ids)
    return np.fromiter(numbers, np.int64, len(post_ids))


def _paragraph_schema() -> pl.Schema:
    posts = tables.Posts.create_empty().schema
    own = tables.Paragraphs.create_empty().schema
    return pl.Schema(dict(own) | {name: posts[name] for name in _FROM_POST})
