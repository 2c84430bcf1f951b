"""From the configuration to the user's own labelled table: its files and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import codebook as codebooks
from pipeline.config import Config, Labelled, located

if TYPE_CHECKING:
    from pipeline.labelled import LabelledTable


def read(config: Config) -> LabelledTable:
    """The user's own labelled table, read and checked."""
    from pipeline import labelled

    settings = config.labelled
    columns = {name: getattr(settings, name) for name in labelled.FIELDS}
    layout = labelled.Layout(
        {name: column for name, column in columns.items() if column is not None},
        tuple(settings.header),
        settings.separator,
        settings.answers,
        settings.part,
    )
    return labelled.read(paths(settings), layout, codebooks.load(located(config.codebook)))


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
