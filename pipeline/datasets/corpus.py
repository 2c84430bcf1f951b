"""Sources of labelled passages: the ``labels/`` folder or a user's table.

Stages use a corpus without knowing which kind it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from pipeline.annotation import coders, selection, store
from pipeline.codebook import Codebook
from pipeline.datasets import hydration
from pipeline.errors import InputError
from pipeline.io.console import warn
from pipeline.sources import Limits


class Corpus(Protocol):
    """Passages with their annotations."""

    @property
    def notes(self) -> Sequence[str]:
        """Notes for the researcher, one sentence each."""
        ...

    @property
    def frozen_test(self) -> Path | None:
        """The file listing the passages used only for testing; None if there is none."""
        ...

    def posts(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The Posts table, and the rows dropped while reading (the Dropped table)."""
        ...

    def languages(self, paragraphs: pl.DataFrame) -> pl.DataFrame:
        """The paragraphs, with the language stated by the corpus wherever it states one."""
        ...

    def texts(self) -> pl.DataFrame:
        """One row per passage: ``passage_id text post group voice`` and others, and ``fold`` if
        the data came with folds."""
        ...

    def annotations(self, codebook: Codebook) -> pl.DataFrame:
        """The Annotations table."""
        ...

    def people(self) -> Sequence[str]:
        """Coders who are persons; none where the corpus does not say who coded it."""
        ...


@dataclass(frozen=True)
class LabelsFolder:
    """``labels/``: texts, one annotation file per coder, and texts kept out of git.

    Attributes:
        post_files: files or folders of any collector, read as posts.
        columns: field of a post → column of a table, as in ``sources.read``.
        aliases: alternative name of a channel → its canonical name.
        limits: size limits of input files.
    """

    texts_folder: Path
    annotations_folder: Path
    coders: Path
    hydrated: Path
    frozen_test: Path | None
    post_files: Sequence[Path]
    columns: Mapping[str, str | None]
    aliases: Mapping[str, str]
    limits: Limits

    @property
    def notes(self) -> Sequence[str]:
        return ()

    def posts(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        from pipeline import sources

        if not self.post_files:
            raise InputError(
                f"no texts in {Path.cwd()}: neither in {self.texts_folder} nor in {self.hydrated}; "
                "`rhetoric labels hydrate FILES` finds those of coded passages in your posts"
            )
        return sources.read_all(self.post_files, self.columns, self.aliases, self.limits, say=warn)

    def languages(self, paragraphs: pl.DataFrame) -> pl.DataFrame:
        return paragraphs

    def texts(self) -> pl.DataFrame:
        return hydration.with_hydrated(store.read_texts(self.texts_folder), self.hydrated)

    def annotations(self, codebook: Codebook) -> pl.DataFrame:
        return store.read(
            texts=self.texts_folder,
            annotations=self.annotations_folder,
            coders=self.coders,
            codebook=codebook,
        )

    def people(self) -> Sequence[str]:
        return selection.people_among(coders.read(self.coders))
