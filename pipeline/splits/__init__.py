"""Labelled passages → folds that near-duplicates, posts and contrast groups do not cross."""

from pipeline.splits.folds import SplitResult, split
from pipeline.splits.frozen import read_frozen, write_frozen

__all__ = ["SplitResult", "read_frozen", "split", "write_frozen"]
