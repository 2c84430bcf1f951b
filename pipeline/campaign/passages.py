"""Reads the texts of passages from the locations in the settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.config import Config, components
from pipeline.datasets.passages import PASSAGE, passages_of_files
from pipeline.errors import InputError


def label_texts(config: Config) -> pl.DataFrame:
    """One row per passage of ``labels/texts`` and of the hydrated texts, sorted by id."""
    return components.labels_folder(config).texts().select(PASSAGE)


def passages_for(command: str, paths: Sequence[Path], config: Config) -> pl.DataFrame:
    """The passages in ``paths``, or those of ``labels/`` if no path is given.

    Raises InputError if there are none, saying where they were looked for.
    """
    found = input_passages(paths, config) if paths else label_texts(config)
    if not found.is_empty():
        return found
    if paths:
        raise InputError(f"{command}: no passages in {', '.join(map(str, paths))}")
    raise InputError(
        f"{command}: no texts in {config.label.texts} and {config.label.hydrated} of {Path.cwd()}; "
        "give FILES with posts"
    )


def input_passages(paths: Sequence[Path], config: Config) -> pl.DataFrame:
    """The distinct passages in files of any collector, sorted by id."""
    return passages_of_files(
        paths,
        components.labels_folder(config),
        min_characters=config.segment.min_characters,
        item_characters=config.segment.item_characters,
    )
