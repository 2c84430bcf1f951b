"""Labelled passages → folds that near-duplicates, posts and contrast groups do not cross."""

from pipeline.splits.folds import SplitResult, split
from pipeline.splits.frozen import read_frozen, write_frozen
from pipeline.splits.given import GivenSplit, split_given

__all__ = ["GivenSplit", "SplitResult", "read_frozen", "split", "split_given", "write_frozen"]
