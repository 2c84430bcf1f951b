"""The texts behind passage ids, as the settings say where they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.config import Config, components
from pipeline.datasets.passages import PASSAGE, passages_of_files


def all_texts(config: Config) -> pl.DataFrame:
    """One row per passage of ``labels/texts`` and of what was hydrated, sorted by id."""
    return components.labels_folder(config).texts().select(PASSAGE)


def of_collectors_files(paths: Sequence[Path], config: Config) -> pl.DataFrame:
    """The passages of any collector's files, each once, sorted by id."""
    return passages_of_files(
        paths,
        components.labels_folder(config),
        min_characters=config.segment.min_characters,
        item_characters=config.segment.item_characters,
    )
