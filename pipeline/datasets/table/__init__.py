"""A labelled table of one's own (CSV, TSV, JSONL, JSON, Parquet) in the place of ``labels/``.

A row is a passage with its answers, perhaps with its fold. What comes out are the tables that the
stages work with anyway, so that another codebook with another corpus runs by the same path.
"""

from pipeline.datasets.table.layout import FIELDS, Layout
from pipeline.datasets.table.reading import LabeledTable, read

__all__ = ["FIELDS", "LabeledTable", "Layout", "read"]
