"""Labelled passages → folds; near-duplicates, posts and contrast groups stay within one fold."""

from __future__ import annotations

import numpy as np

from pipeline.splits.folds import split_frozen
from pipeline.splits.frozen import read_frozen, write_frozen
from pipeline.splits.given import split_given
from pipeline.splits.material import Material, SplitResult, SplitSettings
from pipeline.splits.scarce import scarce

__all__ = [
    "Material",
    "SplitResult",
    "SplitSettings",
    "read_frozen",
    "scarce",
    "split",
    "write_frozen",
]


def split(
    material: Material,
    settings: SplitSettings,
    frozen_test: frozenset[str],
    rng: np.random.Generator,
) -> SplitResult:
    """Assign every labelled passage to a fold: the folds given in the data if the texts have a
    ``fold`` column, else folds around a frozen test."""
    if "fold" in material.texts.columns:
        return split_given(material, settings, rng)
    return split_frozen(material, settings, frozen_test, rng)
