"""Storage that this process and all workers can reach: a shared folder, or any fsspec URL.

model/        the classifier's folder
waiting/      paragraphs of each shard, as Parquet
scored/       scored shards, as Parquet

All content can be regenerated, and is deleted after a run.
"""

from __future__ import annotations

import hashlib
import io
import platform
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


@dataclass(frozen=True)
class Exchange:
    """``url`` is a path or an fsspec URL (``s3://…``, ``gs://…``, ``hdfs://…``), from which workers
    construct their own instance."""

    url: str

    @classmethod
    def of(cls, place: str, destination: Path) -> Exchange:
        """An exchange inside ``place``, specific to one scoring folder; inside that folder if
        ``place`` is empty."""
        if not place:
            return cls(str(destination.resolve() / ".work" / "exchange"))
        whole = place if "://" in place else str(Path(place).resolve())
        run = hashlib.sha256(f"{platform.node()} {destination.resolve()}".encode()).hexdigest()
        return cls(f"{whole.rstrip('/')}/rhetoric-{run[:12]}")

    def put_model(self, folder: Path) -> None:
        files, root = self._open()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            target = f"{root}/model/{path.relative_to(folder).as_posix()}"
            files.makedirs(target.rpartition("/")[0], exist_ok=True)
            files.put_file(str(path), target)

    def model(self, scratch: Path) -> Path:
        """The classifier's folder on this machine, downloaded to ``scratch`` if necessary."""
        files, root = self._open()
        if _is_local(files):
            return Path(root) / "model"
        for name in files.find(f"{root}/model"):
            target = scratch / PurePosixPath(name).relative_to(f"{root}/model")
            target.parent.mkdir(parents=True, exist_ok=True)
            files.get_file(name, str(target))
        return scratch

    def put_pending(self, name: str, paragraphs: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        paragraphs.write_parquet(buffer)
        self._write(f"waiting/part-{name}.parquet", buffer.getvalue())

    def pending(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(io.BytesIO(self._read(f"waiting/part-{name}.parquet")))

    def put_scored(self, name: str, parquet: bytes) -> None:
        self._write(f"scored/part-{name}.parquet", parquet)

    def scored(self, name: str) -> bytes:
        return self._read(f"scored/part-{name}.parquet")

    def empty(self) -> None:
        files, root = self._open()
        if files.exists(root):
            files.rm(root, recursive=True)

    def _write(self, name: str, content: bytes) -> None:
        files, root = self._open()
        target = f"{root}/{name}"
        files.makedirs(target.rpartition("/")[0], exist_ok=True)
        files.pipe_file(target, content)

    def _read(self, name: str) -> bytes:
        files, root = self._open()
        content = files.cat_file(f"{root}/{name}")
        assert isinstance(content, bytes)
        return content

    def _open(self) -> tuple[AbstractFileSystem, str]:
        from fsspec.core import url_to_fs

        files, root = url_to_fs(self.url)
        return files, str(root).rstrip("/")


def _is_local(files: AbstractFileSystem) -> bool:
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(files, LocalFileSystem)
