"""Labelled passages → folds that near-duplicates, posts and contrast groups do not cross."""

from __future__ import annotations

import numpy as np

from pipeline.splits.folds import split_frozen
from pipeline.splits.frozen import read_frozen, write_frozen
from pipeline.splits.given import split_given
from pipeline.splits.material import Material, SplitResult, SplitSettings

__all__ = ["Material", "SplitResult", "SplitSettings", "read_frozen", "split", "write_frozen"]


def split(
    material: Material,
    settings: SplitSettings,
    frozen_test: frozenset[str],
    rng: np.random.Generator,
) -> SplitResult:
    """Give every labelled passage a fold: those that came with the data where the texts have a
    ``fold`` column, else folds around a frozen test."""
    if "fold" in material.texts.columns:
        return split_given(material, settings, rng)
    return split_frozen(material, settings, frozen_test, rng)
