"""From the configuration to the user's own labelled table: its files and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline import codebook as codebooks
from pipeline.config import Config, Labelled, located
from pipeline.config.run_folder import Tables
from pipeline.io import files

if TYPE_CHECKING:
    from pipeline.datasets.table import LabelledTable


def read(config: Config) -> LabelledTable:
    """The user's own labelled table, read and checked."""
    from pipeline.datasets import table

    settings = config.labelled
    columns = {name: getattr(settings, name) for name in table.FIELDS}
    layout = table.Layout(
        {name: column for name, column in columns.items() if column is not None},
        tuple(settings.header),
        settings.separator,
        settings.answers,
        settings.part,
    )
    return table.read(paths(settings), layout, codebooks.load(located(config.codebook)))


def paths(settings: Labelled) -> dict[str | None, list[Path]]:
    """Fold → files of the labelled table; under None those whose rows name their fold."""
    from pipeline import sources

    folds = {None: settings.files, "train": settings.train, "dev": settings.dev}
    return {
        fold: sources.expand(
            [str(Path(settings.folder, name.replace("{part}", settings.part))) for name in names]
        )
        for fold, names in {**folds, "test": settings.test}.items()
    }


def split(config: Config) -> list[str]:
    """Write the folds of a labelled table, those that it does not say drawn; what is to be said."""
    from pipeline import splits

    at = Tables(config.out)
    result = splits.split_given(
        files.read_parquet(at.paragraphs),
        files.read_parquet(at.labels),
        read(config).passages,
        codebooks.load(located(config.codebook)),
        dev_share=config.split.dev_share,
        test_share=config.split.test_share,
        family_similarity=config.segment.family_similarity,
        rng=np.random.default_rng(config.seed),
        dev_voices=config.split.dev_voices,
    )
    files.write_parquet(at.folds, result.folds)
    return result.notes
