"""Where labelled passages come from: ``labels/``, or a table of the user's own.

Stages ask a corpus and do not know which one it is.
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


class Corpus(Protocol):
    """Passages with what coders said of them."""

    @property
    def notes(self) -> Sequence[str]:
        """What a researcher should know about it, one sentence each."""
        ...

    @property
    def frozen_test(self) -> Path | None:
        """The file that names the passages which are only ever tested on; None without one."""
        ...

    def posts(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The Posts table, and what was dropped on reading (the Dropped table)."""
        ...

    def languages(self, paragraphs: pl.DataFrame) -> pl.DataFrame:
        """Paragraphs with the language that the corpus states where it states one."""
        ...

    def texts(self) -> pl.DataFrame:
        """One row per passage: ``passage_id text post group voice`` and others; ``fold`` where
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
    """``labels/``: texts, a file of annotations per coder, and texts kept outside git.

    Attributes:
        post_files: what is read as posts, files or folders of any collector.
        columns: field of a post → column of a table, as ``sources.read`` takes them.
        aliases: another name of a channel → the name that counts.
    """

    texts_folder: Path
    annotations_folder: Path
    coders: Path
    hydrated: Path
    frozen_test: Path | None
    post_files: Sequence[Path]
    columns: Mapping[str, str | None]
    aliases: Mapping[str, str]

    @property
    def notes(self) -> Sequence[str]:
        return ()

    def posts(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        from pipeline import sources

        return sources.read_all(self.post_files, self.columns, self.aliases)

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
